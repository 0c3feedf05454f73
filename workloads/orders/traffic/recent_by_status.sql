SELECT status, count(*), sum(total_cents) FROM orders WHERE created_at >= now() - interval '1 day' GROUP BY status;
