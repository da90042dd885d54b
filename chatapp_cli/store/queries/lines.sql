-- name: lines.add
INSERT INTO line (name, created_at) VALUES (:name, :now) ON CONFLICT DO NOTHING RETURNING id;

-- name: lines.all
SELECT l.id, l.name,
  (SELECT COUNT(*) FROM channel c WHERE c.line_id = l.id),
  (SELECT COUNT(*) FROM dialog d WHERE d.line_id = l.id),
  (SELECT COUNT(*) FROM dialog d WHERE d.line_id = l.id AND d.unread > 0 AND d.blocked = 0)
FROM line l ORDER BY l.id;

-- name: lines.one
SELECT id FROM line WHERE id = :id;

-- name: lines.rename
UPDATE line SET name = :name WHERE id = :id;

-- name: lines.remove
DELETE FROM line WHERE id = :id;

-- name: lines.by_name
SELECT id FROM line WHERE name = :name;
