\set model random_zipfian(1, 400, 1.2)
\set n random(0, 24)
SELECT id, status, accuracy, hyperparameters ->> 'optimizer' AS optimizer, started_at FROM training_runs WHERE experiment = 'exp-:model-:n' AND started_at >= now() - interval '7 days' ORDER BY accuracy DESC NULLS LAST LIMIT 20;
