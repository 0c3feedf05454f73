\set q random_zipfian(1, 20, 1.2) - 1
SELECT id, state, attempts FROM jobs WHERE queue = 'queue:q' AND run_at <= now() ORDER BY run_at LIMIT 10;
