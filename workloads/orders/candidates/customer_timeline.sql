-- Serves the customer timeline without a sort: the newest orders of a customer, in order.
CREATE INDEX CONCURRENTLY orders_customer_timeline_idx ON orders (customer_id, created_at DESC);
