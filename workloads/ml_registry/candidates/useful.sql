-- Of the eighteen, the three that the registry's statements use and that cost writes little.
CREATE INDEX idx_training_runs_experiment ON training_runs (experiment, started_at DESC) INCLUDE (accuracy, status);
CREATE INDEX idx_deployments_active ON deployments (environment_id, deployed_at DESC) WHERE status = 'active';
CREATE INDEX idx_deployments_deployed_at ON deployments (deployed_at DESC);
