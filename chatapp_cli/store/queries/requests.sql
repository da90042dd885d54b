-- name: requests.add
INSERT INTO errand (channel_id, what, arguments, actor, state, code, detail, result, created_at, until)
VALUES (:channel, :what, :arguments, :actor, 'waiting', '', '', '', :now, :until) RETURNING id;

-- name: requests.claim
UPDATE errand SET state = 'running' WHERE :epoch = COALESCE((SELECT l.epoch FROM lease l), 0) AND id = (
  SELECT e.id FROM errand e WHERE e.channel_id = :channel AND e.state = 'waiting' AND e.until > :now
  ORDER BY e.id LIMIT 1)
RETURNING id, channel_id, what, arguments, actor, state, code, detail, result, until;

-- name: requests.one
SELECT id, channel_id, what, arguments, actor, state, code, detail, result, until FROM errand WHERE id = :id;

-- name: requests.end
UPDATE errand SET state = :state, code = :code, detail = :detail, result = :result
WHERE id = :id AND (state = 'running' OR state = 'waiting');

-- name: requests.interrupted
SELECT id FROM errand WHERE channel_id = :channel AND state = 'running';

-- name: requests.withdraw
UPDATE errand SET state = 'failed', code = 'withdrawn' WHERE id = :id AND state = 'waiting';
