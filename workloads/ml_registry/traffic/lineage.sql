\set version random(1, 20000)
\set run random(1, 149000)
SELECT v.id, v.version, r.experiment, r.accuracy FROM model_versions v JOIN training_runs r ON r.id = v.training_run_id WHERE v.id = :version OR r.id = :run;
