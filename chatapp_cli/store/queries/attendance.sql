-- name: attendance.one
SELECT operator, away_since, away_until, reason, hours, zone, most, turn FROM attendance WHERE operator = :name;

-- name: attendance.all
SELECT operator, away_since, away_until, reason, hours, zone, most, turn FROM attendance;

-- name: attendance.seeing
SELECT o.name FROM operator o
WHERE o.every_line = 1 OR EXISTS (SELECT 1 FROM operator_line s WHERE s.operator = o.name AND s.line_id = :line);

-- name: attendance.waiting
SELECT assignee, COUNT(*) FROM dialog WHERE waiting_since IS NOT NULL AND assignee <> '' AND blocked = 0
GROUP BY assignee;

-- name: attendance.leave
INSERT INTO attendance (operator, away_since, away_until, reason, hours, zone, most, turn)
VALUES (:name, :since, :until, :reason, '', '', 0, 0)
ON CONFLICT (operator) DO UPDATE
SET away_since = excluded.away_since, away_until = excluded.away_until, reason = excluded.reason;

-- name: attendance.come_back
UPDATE attendance SET away_since = NULL, away_until = NULL, reason = ''
WHERE operator = :name AND away_since IS NOT NULL;

-- name: attendance.keep_hours
INSERT INTO attendance (operator, reason, hours, zone, most, turn) VALUES (:name, '', :hours, :zone, 0, 0)
ON CONFLICT (operator) DO UPDATE SET hours = excluded.hours, zone = excluded.zone;

-- name: attendance.keep_limit
INSERT INTO attendance (operator, reason, hours, zone, most, turn) VALUES (:name, '', '', '', :most, 0)
ON CONFLICT (operator) DO UPDATE SET most = excluded.most;

-- name: attendance.had_turn
INSERT INTO attendance (operator, reason, hours, zone, most, turn)
VALUES (:name, '', '', '', 0, (SELECT COALESCE(MAX(turn), 0) + 1 FROM attendance))
ON CONFLICT (operator) DO UPDATE SET turn = excluded.turn;

-- name: attendance.forget
DELETE FROM attendance WHERE operator = :name;

-- name: distribution.lines
SELECT id FROM line ORDER BY id;

-- name: distribution.unassigned
SELECT id FROM dialog
WHERE line_id = :line AND assignee = '' AND waiting_since IS NOT NULL AND snoozed_until IS NULL AND blocked = 0
ORDER BY waiting_since, id LIMIT :n;

-- name: distribution.held
SELECT id FROM dialog
WHERE line_id = :line AND assignee = :name AND assignee <> ''
  AND waiting_since IS NOT NULL AND snoozed_until IS NULL AND blocked = 0
ORDER BY waiting_since, id LIMIT :n;
