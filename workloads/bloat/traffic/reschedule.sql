\set id 5 * random(1, 80000)
UPDATE jobs SET run_at = now() + interval '1 hour', attempts = attempts + 1 WHERE id = :id;
