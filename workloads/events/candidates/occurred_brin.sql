-- BRIN over time: tiny, and as good as nothing where a B-tree already stands.
CREATE INDEX events_occurred_brin ON events USING brin (occurred_at);
