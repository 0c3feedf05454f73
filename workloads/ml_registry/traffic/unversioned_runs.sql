\set model random_zipfian(1, 400, 1.2)
\set n random(0, 24)
SELECT r.id, r.status, r.accuracy FROM training_runs r WHERE r.experiment = 'exp-:model-:n' AND r.id NOT IN (SELECT v.training_run_id FROM model_versions v);
