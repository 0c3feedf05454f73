-- Partial: only what is still to be processed.
CREATE INDEX events_unprocessed_idx ON events (occurred_at) WHERE NOT processed;
