-- Every transaction changes the balance.
CREATE INDEX pgbench_accounts_abalance_idx ON pgbench_accounts (abalance);
