-- name: views.seen_by
SELECT id, operator, name, wanted, position FROM saved_view
WHERE operator IN ('', :operator) ORDER BY position, id;

-- name: views.add
INSERT INTO saved_view (operator, name, wanted, position)
SELECT :operator, :name, :wanted, COALESCE(MAX(position), 0) + 1 FROM saved_view
RETURNING id;

-- name: views.change
UPDATE saved_view SET wanted = :wanted WHERE id = :id;

-- name: views.place
UPDATE saved_view SET position = :place WHERE id = :id;

-- name: views.remove
DELETE FROM saved_view WHERE id = :id;
