-- name: unread.totals
SELECT COUNT(*), COALESCE(SUM(u.n), 0) FROM dialog_unread u JOIN dialog d ON d.id = u.dialog_id
WHERE d.blocked = 0 AND d.snoozed_until IS NULL;

-- name: unread.lines
SELECT l.id, l.name,
  (SELECT COUNT(*) FROM channel c WHERE c.line_id = l.id),
  (SELECT COUNT(*) FROM dialog d WHERE d.line_id = l.id),
  (SELECT COUNT(*) FROM dialog_unread u JOIN dialog d ON d.id = u.dialog_id WHERE d.line_id = l.id AND d.blocked = 0)
FROM line l ORDER BY l.id;

-- name: unread.heard
INSERT INTO dialog_unread (operator, dialog_id, n)
SELECT o.name, :dialog, 1 FROM operator o
WHERE o.disabled = 0 AND (o.every_line = 1 OR EXISTS (
  SELECT 1 FROM operator_line ol JOIN dialog d ON d.line_id = ol.line_id WHERE ol.operator = o.name AND d.id = :dialog))
ON CONFLICT (operator, dialog_id) DO UPDATE SET n = dialog_unread.n + 1;

-- name: unread.heard_again
INSERT INTO dialog_unread (operator, dialog_id, n)
SELECT o.name, :dialog, 1 FROM operator o
WHERE o.disabled = 0 AND (o.every_line = 1 OR EXISTS (
  SELECT 1 FROM operator_line ol JOIN dialog d ON d.line_id = ol.line_id WHERE ol.operator = o.name AND d.id = :dialog))
ON CONFLICT (operator, dialog_id) DO NOTHING;

-- name: unread.read
DELETE FROM dialog_unread WHERE operator = :operator AND dialog_id = :dialog;

-- name: unread.mark
INSERT INTO dialog_unread (operator, dialog_id, n) SELECT o.name, :dialog, 1 FROM operator o WHERE o.name = :operator
ON CONFLICT DO NOTHING;

-- name: unread.settle
DELETE FROM dialog_unread WHERE dialog_id = :dialog;

-- name: unread.begin
INSERT INTO dialog_unread (operator, dialog_id, n)
SELECT :operator, d.id, d.unread FROM dialog d WHERE d.unread > 0
ON CONFLICT DO NOTHING;
