-- The registry's eighteen proposed indexes, in five priorities.

-- 1: foreign keys
CREATE INDEX idx_model_versions_training_run ON model_versions (training_run_id);
CREATE INDEX idx_training_runs_model ON training_runs (model_id);
CREATE INDEX idx_deployments_version ON deployments (model_version_id);
CREATE INDEX idx_deployments_environment ON deployments (environment_id);
CREATE INDEX idx_approvals_version ON approvals (model_version_id);

-- 2: time ranges
CREATE INDEX idx_training_runs_started_brin ON training_runs USING brin (started_at);
CREATE INDEX idx_deployments_deployed_at ON deployments (deployed_at DESC);
CREATE INDEX idx_model_versions_created_brin ON model_versions USING brin (created_at);

-- 3: composite, covering
CREATE INDEX idx_training_runs_experiment ON training_runs (experiment, started_at DESC) INCLUDE (accuracy, status);
CREATE INDEX idx_model_versions_stage ON model_versions (model_id, stage) INCLUDE (version, created_at);
CREATE INDEX idx_deployments_env_status ON deployments (environment_id, status) INCLUDE (model_version_id, deployed_at);
CREATE INDEX idx_training_runs_accuracy ON training_runs (accuracy DESC) INCLUDE (model_id);

-- 4: partial
CREATE INDEX idx_deployments_active ON deployments (environment_id, deployed_at DESC) WHERE status = 'active';
CREATE INDEX idx_training_runs_open ON training_runs (started_at) WHERE status IN ('queued', 'running');
CREATE INDEX idx_approvals_pending ON approvals (model_version_id) WHERE decision = 'pending';
CREATE INDEX idx_models_team ON models (team);

-- 5: jsonb
CREATE INDEX idx_training_runs_hyperparameters ON training_runs USING gin (hyperparameters);
CREATE INDEX idx_training_runs_metrics ON training_runs USING gin (metrics jsonb_path_ops);
