\set user random_zipfian(1, 20000, 1.1)
\set ms random(1, 2000)
INSERT INTO events (user_id, kind, client_ip, properties, occurred_at) VALUES (:user, 'click', '10.1.2.3', '{"ms": :ms}', now());
