-- name: duties.assign
UPDATE dialog SET assignee = :name WHERE id = :id AND assignee <> :name;

-- name: duties.no_answer
UPDATE dialog SET waiting_since = NULL WHERE id = :id AND waiting_since IS NOT NULL;

-- name: duties.awaits_answer
UPDATE dialog SET waiting_since = :at WHERE id = :id AND waiting_since IS NULL AND blocked = 0;

-- name: duties.snooze
UPDATE dialog SET snoozed_until = :until WHERE id = :id;

-- name: duties.unsnooze
UPDATE dialog SET snoozed_until = NULL WHERE id = :id AND snoozed_until IS NOT NULL;

-- name: duties.due
SELECT id FROM dialog WHERE snoozed_until <= :now ORDER BY snoozed_until, id;

-- name: duties.wake
UPDATE dialog SET snoozed_until = NULL, last_at = CASE WHEN last_at > :now THEN last_at ELSE :now END WHERE id = :id;

-- name: duties.members
SELECT operator, role FROM dialog_member WHERE dialog_id = :dialog ORDER BY operator;

-- name: duties.join
INSERT INTO dialog_member (dialog_id, operator, role) VALUES (:dialog, :name, :role)
ON CONFLICT (dialog_id, operator) DO UPDATE SET role = excluded.role;

-- name: duties.leave
DELETE FROM dialog_member WHERE dialog_id = :dialog AND operator = :name;

-- name: duties.operators
SELECT assignee AS name FROM dialog WHERE assignee <> '' UNION SELECT operator FROM dialog_member
UNION SELECT name FROM operator WHERE disabled = 0 ORDER BY name;
