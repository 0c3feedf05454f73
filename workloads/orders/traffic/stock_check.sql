\set a random_zipfian(1, 2000, 1.1)
\set b random_zipfian(1, 2000, 1.1)
\set c random_zipfian(1, 2000, 1.1)
SELECT product_id, quantity - reserved AS available FROM inventory WHERE product_id IN (:a, :b, :c);
