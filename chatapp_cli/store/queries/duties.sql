-- name: duties.assign
UPDATE dialog SET assignee = :name WHERE id = :id AND assignee <> :name;

-- name: duties.no_answer
UPDATE dialog SET waiting_since = NULL, waived_at = :now WHERE id = :id;

-- name: duties.awaits_answer
UPDATE dialog SET waiting_since = :at, waived_at = NULL WHERE id = :id AND waiting_since IS NULL AND blocked = 0;

-- name: duties.failed_answer
SELECT m.dialog_id, m.at, m.ended_wait FROM message m JOIN dialog d ON d.id = m.dialog_id
WHERE m.id = :message AND m.state = 'failed' AND m.chain = '' AND m.ended_wait IS NOT NULL
  AND (d.waived_at IS NULL OR d.waived_at < m.at);

-- name: duties.next_answer
SELECT m.id FROM message m
WHERE m.dialog_id = :dialog AND (m.at, m.id) > (:at, :message) AND m.direction = 'out' AND m.automatic = 0
  AND m.state NOT IN ('scheduled', 'cancelled', 'failed')
  AND NOT EXISTS (SELECT 1 FROM mail x WHERE x.message_id = m.id AND x.forwards = 1)
ORDER BY m.at, m.id LIMIT 1;

-- name: duties.ends_wait_too
UPDATE message SET ended_wait = CASE WHEN ended_wait < :since THEN ended_wait ELSE :since END WHERE id = :id;

-- name: duties.waits_again
UPDATE dialog SET waiting_since = :since
WHERE id = :id AND blocked = 0 AND (waiting_since IS NULL OR waiting_since > :since);

-- name: duties.answered_after_all
UPDATE dialog SET waiting_since = NULL WHERE id = (
  SELECT m.dialog_id FROM message m WHERE m.id = :message AND m.ended_wait IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM message n
    WHERE n.dialog_id = m.dialog_id AND n.direction = 'in' AND n.automatic = 0 AND n.at > m.at));

-- name: duties.snooze
UPDATE dialog SET snoozed_until = :until WHERE id = :id;

-- name: duties.unsnooze
UPDATE dialog SET snoozed_until = NULL WHERE id = :id AND snoozed_until IS NOT NULL;

-- name: duties.due
SELECT id FROM dialog WHERE snoozed_until <= :now ORDER BY snoozed_until, id;

-- name: duties.wake
UPDATE dialog SET snoozed_until = NULL, last_at = CASE WHEN last_at > :now THEN last_at ELSE :now END WHERE id = :id;

-- name: duties.members
SELECT operator, role FROM dialog_member WHERE dialog_id = :dialog;

-- name: duties.join
INSERT INTO dialog_member (dialog_id, operator, role) VALUES (:dialog, :name, :role)
ON CONFLICT (dialog_id, operator) DO UPDATE SET role = excluded.role;

-- name: duties.join_own
INSERT INTO dialog_member (dialog_id, operator, role)
SELECT d.id, o.name, 'participant' FROM dialog d, operator o
WHERE d.channel_id = :channel AND d.address = :address AND o.name = :name AND o.only_own = 1
ON CONFLICT DO NOTHING RETURNING dialog_id;

-- name: duties.leave
DELETE FROM dialog_member WHERE dialog_id = :dialog AND operator = :name;

-- name: duties.operators
SELECT assignee AS name FROM dialog WHERE assignee <> '' UNION SELECT operator FROM dialog_member
UNION SELECT name FROM operator WHERE disabled = 0;

-- name: duties.distributed
SELECT 1 FROM stored_option
WHERE (name = 'distribution' AND value <> 'off') OR (name = 'hand_over_after' AND value <> '0') LIMIT 1;
