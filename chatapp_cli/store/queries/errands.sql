-- name: errands.add
INSERT INTO errand (channel_id, what, arguments, actor, state, code, detail, result, created_at, until)
VALUES (:channel, :what, :arguments, :actor, 'waiting', '', '', '', :now, :until) RETURNING id;

-- name: errands.claim
UPDATE errand SET state = 'running' WHERE id = (
  SELECT e.id FROM errand e WHERE e.channel_id = :channel AND e.state = 'waiting' AND e.until > :now
  ORDER BY e.id LIMIT 1)
RETURNING id, channel_id, what, arguments, actor, state, code, detail, result, until;

-- name: errands.one
SELECT id, channel_id, what, arguments, actor, state, code, detail, result, until FROM errand WHERE id = :id;

-- name: errands.end
UPDATE errand SET state = :state, code = :code, detail = :detail, result = :result
WHERE id = :id AND (state = 'running' OR state = 'waiting');

-- name: errands.interrupted
SELECT id FROM errand WHERE channel_id = :channel AND state = 'running';

-- name: errands.forget
DELETE FROM errand WHERE created_at < :before;
