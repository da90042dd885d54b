-- name: runs.begin
INSERT INTO robot_run (link_id, key, robot, arguments, card, remote, actor, final, comment, entry_id, until,
  state, reason, created_at)
VALUES (:crm, :key, :robot, :arguments, :card, :remote, :actor, :final, :comment, NULL, :until,
  'new', '', :now)
ON CONFLICT DO NOTHING RETURNING id;

-- name: runs.one
SELECT id, link_id, key, robot, arguments, card, remote, actor, final, comment, entry_id, until, state, reason,
  created_at
FROM robot_run WHERE id = :run;

-- name: runs.by_key
SELECT id, link_id, key, robot, arguments, card, remote, actor, final, comment, entry_id, until, state, reason,
  created_at
FROM robot_run WHERE key = :key;

-- name: runs.of_entry
SELECT id FROM robot_run WHERE entry_id = :entry AND entry_id IS NOT NULL;

-- name: runs.latest
SELECT id, link_id, key, robot, arguments, card, remote, actor, final, comment, entry_id, until, state, reason,
  created_at
FROM robot_run ORDER BY id DESC LIMIT :n;

-- name: runs.told_by
UPDATE robot_run SET entry_id = :entry WHERE id = :run;

-- name: runs.opened
UPDATE robot_run SET state = 'open' WHERE id = :run AND state = 'new';

-- name: runs.refused
UPDATE robot_run SET reason = :reason WHERE id = :run;

-- name: runs.ended
UPDATE robot_run SET state = 'ended' WHERE id = :run AND state <> 'ended';

-- name: runs.shift
UPDATE robot_run SET until = until - :by WHERE state <> 'ended' AND until > :now;

-- name: runs.forget
DELETE FROM robot_run WHERE id IN (
  SELECT r.id FROM robot_run r WHERE r.created_at < :before ORDER BY r.id LIMIT :n);

-- name: parts.add
INSERT INTO robot_part (run_id, position, address, channel_id, message_id, request_id, verdict, code, detail, reason,
  facts)
VALUES (:run, :position, :address, :channel, :message, :request, :verdict, :code, :detail, :reason, :facts)
RETURNING id;

-- name: parts.of_run
SELECT p.id, p.run_id, p.address, p.channel_id, p.message_id, p.request_id, p.verdict, p.code, p.detail, p.reason,
  p.facts
FROM robot_part p JOIN robot_run r ON r.id = p.run_id WHERE r.id = :run ORDER BY p.position;

-- name: parts.of_message
SELECT id, run_id, address, channel_id, message_id, request_id, verdict, code, detail, reason, facts
FROM robot_part WHERE message_id = :message AND message_id IS NOT NULL;

-- name: parts.of_request
SELECT id, run_id, address, channel_id, message_id, request_id, verdict, code, detail, reason, facts
FROM robot_part WHERE request_id = :id AND request_id IS NOT NULL ORDER BY id;

-- name: parts.decide
UPDATE robot_part SET verdict = :verdict, code = :code, detail = :detail, reason = :reason, facts = :facts
WHERE id = :part AND (verdict = '' OR code = 'uncertain');

-- name: runs.due_now
UPDATE crm_entry SET not_before = 0 WHERE id = :entry AND state = 'waiting' AND tries = 0;

-- name: parts.becomes
UPDATE robot_part SET message_id = :new WHERE message_id = :old;

-- name: parts.any_of_message
SELECT id FROM robot_part WHERE message_id = :message AND message_id IS NOT NULL LIMIT 1;

-- name: parts.any_of_request
SELECT id FROM robot_part WHERE request_id = :id AND request_id IS NOT NULL LIMIT 1;
