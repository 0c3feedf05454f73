\set environment random(0, 11)
SELECT d.id, d.model_version_id, v.artifact_uri, d.replicas, d.deployed_at FROM deployments d JOIN model_versions v ON v.id = d.model_version_id WHERE d.environment_id = :environment AND d.status = 'active' ORDER BY d.deployed_at DESC;
