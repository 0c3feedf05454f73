\set back random_exponential(1, 300000, 5)
\set order 300001 - :back
SELECT i.line, i.quantity, i.price_cents, p.sku, p.title FROM order_items i JOIN products p ON p.id = i.product_id WHERE i.order_id = :order ORDER BY i.line;
