\set run random(140000, 150000)
\set accuracy random(50000, 99999)
UPDATE training_runs SET status = 'succeeded', accuracy = :accuracy / 100000.0, metrics = jsonb_build_object('loss', 0.1), finished_at = now() WHERE id = :run;
