\set days random(1, 60)
SELECT status, count(*) FROM deployments WHERE deployed_at::date = current_date - :days GROUP BY status;
