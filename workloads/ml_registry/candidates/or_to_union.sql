-- What the second branch of the UNION looks up.
CREATE INDEX idx_model_versions_training_run ON model_versions (training_run_id);
