\set deployment random(55000, 60000)
UPDATE deployments SET health_checked_at = now() WHERE id = :deployment;
