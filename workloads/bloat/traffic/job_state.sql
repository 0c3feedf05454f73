\set id 5 * random(1, 80000)
SELECT state, attempts, payload FROM jobs WHERE id = :id;
