-- Every sale changes quantity: with this index no update of inventory is HOT any more.
CREATE INDEX CONCURRENTLY inventory_quantity_idx ON inventory (quantity);
