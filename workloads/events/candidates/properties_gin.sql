-- GIN over a wide jsonb column: serves containment, and every insert pays for it.
CREATE INDEX events_properties_idx ON events USING gin (properties jsonb_path_ops);
