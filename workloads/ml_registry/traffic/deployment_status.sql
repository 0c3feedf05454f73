\set deployment random_exponential(1, 60000, 8)
SELECT status, replicas, health_checked_at FROM deployments WHERE id = 60001 - :deployment;
