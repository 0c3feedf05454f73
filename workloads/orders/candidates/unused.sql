-- No statement of the workload filters or sorts by shipping_country.
CREATE INDEX CONCURRENTLY orders_shipping_country_idx ON orders (shipping_country);
