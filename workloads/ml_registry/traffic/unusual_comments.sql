\set version random(1, 20000)
SELECT a.id, a.approver, a.comment FROM approvals a WHERE a.model_version_id = :version AND a.comment NOT IN (SELECT b.comment FROM approvals b WHERE b.decision = 'rejected');
