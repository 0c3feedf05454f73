\set customer random_zipfian(1, 20000, 1.05)
SELECT id, created_at, status, total_cents FROM orders WHERE customer_id = :customer ORDER BY created_at DESC LIMIT 50;
