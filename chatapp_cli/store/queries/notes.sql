-- name: notes.add
INSERT INTO note (dialog_id, author, text, at) VALUES (:dialog, :author, :text, :now) RETURNING id;

-- name: notes.between
SELECT id, dialog_id, author, text, at FROM note
WHERE dialog_id = :dialog AND at >= :since AND at < :until ORDER BY at, id;

-- name: notes.calling
SELECT n.id, n.dialog_id, n.author, n.text, n.at, d.name FROM note n JOIN dialog d ON d.id = n.dialog_id
WHERE n.at > :since AND n.author <> :me
  AND NOT EXISTS (SELECT 1 FROM note o WHERE o.dialog_id = n.dialog_id AND o.author = :me AND o.id > n.id)
ORDER BY n.id DESC;
