\set customer random_zipfian(1, 20000, 1.05)
\set total random(500, 30000)
\set product random_zipfian(1, 2000, 1.1)
\set n random(1, 4)
BEGIN;
INSERT INTO orders (customer_id, status, total_cents, shipping_country) VALUES (:customer, 'new', :total, 'DE') RETURNING id AS order_id \gset
INSERT INTO order_items (order_id, line, product_id, quantity, price_cents) VALUES (:order_id, 1, :product, :n, :total);
END;
