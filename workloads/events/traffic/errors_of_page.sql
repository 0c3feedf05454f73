\set page random_zipfian(1, 299, 1.1)
SELECT count(*) FROM events WHERE properties @> '{"page": "/p/:page"}' AND kind = 'error' AND occurred_at >= now() - interval '30 days';
