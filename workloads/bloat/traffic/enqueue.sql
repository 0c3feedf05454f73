\set q random_zipfian(1, 20, 1.2)
INSERT INTO jobs (queue, state, run_at, payload) VALUES ('queue' || (:q - 1), 'waiting', now(), '{"n": 0}');
