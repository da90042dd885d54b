-- name: drafts.keep
INSERT INTO draft (operator, dialog_id, sheet, at) VALUES (:operator, :dialog, :sheet, :at)
ON CONFLICT (operator, dialog_id) DO UPDATE SET sheet = excluded.sheet, at = excluded.at
WHERE draft.sheet <> excluded.sheet;

-- name: drafts.one
SELECT sheet FROM draft WHERE operator = :operator AND dialog_id = :dialog;

-- name: drafts.drop
DELETE FROM draft WHERE operator = :operator AND dialog_id = :dialog;

-- name: drafts.everywhere
SELECT dialog_id FROM draft WHERE operator = :operator ORDER BY at DESC, dialog_id;
