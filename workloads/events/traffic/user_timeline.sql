\set user random_zipfian(1, 20000, 1.1)
SELECT id, kind, client_ip, occurred_at FROM events WHERE user_id = :user AND occurred_at >= now() - interval '90 days' ORDER BY occurred_at DESC LIMIT 50;
