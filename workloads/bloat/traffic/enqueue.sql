\set q random_zipfian(1, 20, 1.2) - 1
INSERT INTO jobs (queue, state, run_at, payload) VALUES ('queue:q', 'waiting', now(), '{"n": 0}');
