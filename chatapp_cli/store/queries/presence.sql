-- name: presence.put
INSERT INTO presence (id, operator, dialog_id, typing_until, until)
VALUES (:window, :operator, :dialog, :typing_until, :until)
ON CONFLICT (id) DO UPDATE SET dialog_id = excluded.dialog_id, typing_until = excluded.typing_until,
  until = excluded.until
WHERE presence.operator = excluded.operator;

-- name: presence.own
SELECT id, operator, dialog_id, typing_until, until FROM presence WHERE id = :window AND operator = :operator;

-- name: presence.everyone
SELECT id, operator, dialog_id, typing_until, until
FROM presence WHERE dialog_id IS NOT NULL AND until > :now;

-- name: presence.gone
DELETE FROM presence WHERE id = :window;

-- name: presence.expire
DELETE FROM presence WHERE until < :before;
