-- Rebuild the bloated indexes without blocking writers.
REINDEX INDEX CONCURRENTLY jobs_queue_run_at_idx;
REINDEX INDEX CONCURRENTLY jobs_state_idx;
REINDEX INDEX CONCURRENTLY jobs_pkey;
