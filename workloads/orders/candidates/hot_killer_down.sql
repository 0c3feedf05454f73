DROP INDEX CONCURRENTLY IF EXISTS inventory_quantity_idx;
