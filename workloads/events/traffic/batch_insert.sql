\set a random_zipfian(1, 20000, 1.1)
\set b random_zipfian(1, 20000, 1.1)
\set c random_zipfian(1, 20000, 1.1)
INSERT INTO events (user_id, kind, client_ip, properties, occurred_at) VALUES (:a, 'page_view', '10.0.0.1', '{"page": "/p/1"}', now()), (:b, 'page_view', '10.0.0.2', '{"page": "/p/2"}', now()), (:c, 'click', '10.0.0.3', '{"page": "/p/3"}', now());
