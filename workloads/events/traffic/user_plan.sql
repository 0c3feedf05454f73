\set user random_zipfian(1, 20000, 1.1)
SELECT handle, plan FROM users WHERE id = :user;
