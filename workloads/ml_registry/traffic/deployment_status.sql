\set back random_exponential(1, 60000, 8)
\set deployment 60001 - :back
SELECT status, replicas, health_checked_at FROM deployments WHERE id = :deployment;
