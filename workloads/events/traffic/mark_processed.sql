\set id random(159200, 160000)
UPDATE events SET processed = true WHERE id = :id AND occurred_at >= now() - interval '30 days';
