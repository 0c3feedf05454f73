\set run random(140000, 150000)
\set accuracy random(50000, 99999)
UPDATE training_runs SET status = 'succeeded', accuracy = 0.:accuracy, metrics = '{"loss": 0.1}', finished_at = now() WHERE id = :run;
