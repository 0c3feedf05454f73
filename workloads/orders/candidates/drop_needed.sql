-- The customer timeline needs this one.
DROP INDEX CONCURRENTLY orders_customer_id_idx;
