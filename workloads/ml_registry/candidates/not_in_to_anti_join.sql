-- For the anti join, and for finding the runs of an experiment.
CREATE INDEX idx_model_versions_training_run ON model_versions (training_run_id);
CREATE INDEX idx_training_runs_experiment ON training_runs (experiment, started_at DESC);
