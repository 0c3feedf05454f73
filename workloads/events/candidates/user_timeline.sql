-- Composite with ordering: the newest events of a user without a sort, in every partition.
CREATE INDEX events_user_timeline_idx ON events (user_id, occurred_at DESC);
