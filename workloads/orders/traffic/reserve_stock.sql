\set product random_zipfian(1, 2000, 1.1)
\set n random(1, 3)
UPDATE inventory SET quantity = quantity - :n, reserved = reserved + :n, updated_at = now() WHERE product_id = :product;
