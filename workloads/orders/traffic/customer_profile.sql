\set customer random_zipfian(1, 20000, 1.05)
SELECT id, email, full_name, country FROM customers WHERE id = :customer;
