\set model random_zipfian(1, 400, 1.2)
\set n random(0, 24)
\set layers random(2, 31)
INSERT INTO training_runs (model_id, experiment, status, hyperparameters, started_at) VALUES (:model, 'exp-:model-:n', 'queued', '{"optimizer": "adam", "layers": :layers}', now());
