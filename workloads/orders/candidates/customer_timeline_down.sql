DROP INDEX CONCURRENTLY IF EXISTS orders_customer_timeline_idx;
