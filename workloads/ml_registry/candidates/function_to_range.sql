-- For the range over the bare column.
CREATE INDEX idx_deployments_deployed_at ON deployments (deployed_at DESC);
