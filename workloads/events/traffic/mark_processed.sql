\set id random(398000, 400000)
UPDATE events SET processed = true WHERE id = :id AND occurred_at >= now() - interval '30 days';
