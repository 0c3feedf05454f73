SELECT id, user_id, kind, occurred_at FROM events WHERE NOT processed AND occurred_at >= now() - interval '7 days' ORDER BY occurred_at LIMIT 100;
