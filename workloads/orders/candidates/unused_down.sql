DROP INDEX CONCURRENTLY IF EXISTS orders_shipping_country_idx;
