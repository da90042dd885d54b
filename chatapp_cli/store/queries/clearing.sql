-- name: clearing.dialog
SELECT id FROM dialog WHERE channel_id = :channel LIMIT 1;

-- name: clearing.messages
DELETE FROM message WHERE id IN (SELECT id FROM message WHERE dialog_id = :dialog LIMIT :n);

-- name: clearing.drop_dialog
DELETE FROM dialog WHERE id = :dialog;

-- name: clearing.arrivals
DELETE FROM arrived WHERE id IN (SELECT id FROM arrived WHERE channel_id = :channel LIMIT :n);
