\set model random_zipfian(1, 400, 1.2)
\set n random(0, 24)
\set batch random(4, 8)
INSERT INTO training_runs (model_id, experiment, status, hyperparameters, started_at) VALUES (:model, 'exp-' || :model || '-' || :n, 'queued', jsonb_build_object('batch_size', :batch, 'optimizer', 'adam'), now());
