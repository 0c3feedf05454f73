SELECT date_trunc('day', occurred_at) AS day, kind, count(*) FROM events WHERE occurred_at >= now() - interval '3 days' GROUP BY 1, 2 ORDER BY 1, 2;
