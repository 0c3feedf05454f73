\set order random(297000, 300000)
UPDATE orders SET status = 'shipped', updated_at = now() WHERE id = :order;
