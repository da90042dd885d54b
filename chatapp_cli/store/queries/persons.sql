-- name: persons.contacts
SELECT id, name, username, phone, email, chain FROM contact WHERE id = :id OR merged_into = :id
ORDER BY merged_into IS NOT NULL, id;

-- name: persons.root
SELECT COALESCE(merged_into, id) FROM contact WHERE id = :id;

-- name: persons.dialogs
SELECT d.id, d.contact_id, d.channel_id, c.kind, c.title, l.name, d.name, d.address, d.unread, d.blocked, d.reachable,
  d.heard_at, d.last_at
FROM dialog d JOIN channel c ON c.id = d.channel_id JOIN line l ON l.id = d.line_id
WHERE d.contact_id IN (SELECT id FROM contact WHERE id = :id OR merged_into = :id)
ORDER BY d.last_at DESC, d.id DESC;

-- name: persons.join
UPDATE contact SET merged_into = :kept WHERE id = :gone OR merged_into = :gone;

-- name: persons.merge
INSERT INTO contact_merge (kept_id, gone_id, actor, at, undone_at) VALUES (:kept, :gone, :actor, :now, NULL)
RETURNING id;

-- name: persons.merge_of
SELECT id, kept_id, gone_id FROM contact_merge WHERE gone_id = :id AND undone_at IS NULL;

-- name: persons.last_merge_into
SELECT id, kept_id, gone_id FROM contact_merge WHERE kept_id = :id AND undone_at IS NULL ORDER BY id DESC LIMIT 1;

-- name: persons.undo
UPDATE contact_merge SET undone_at = :now WHERE id = :id;

-- name: persons.part
WITH RECURSIVE branch(id) AS (
  SELECT id FROM contact WHERE id = :gone
  UNION ALL
  SELECT m.gone_id FROM contact_merge m JOIN branch b ON b.id = m.kept_id WHERE m.undone_at IS NULL)
UPDATE contact SET merged_into = NULLIF(:gone, id) WHERE id IN (SELECT b.id FROM branch b);

-- name: persons.keep_apart
INSERT INTO contact_apart (one_id, other_id) VALUES (:low, :high) ON CONFLICT DO NOTHING;

-- name: persons.let_together
DELETE FROM contact_apart WHERE one_id = :low AND other_id = :high;

-- name: persons.alike
WITH mine AS (SELECT id, name, username, phone, email FROM contact WHERE id = :id OR merged_into = :id),
alike AS (
  SELECT m.id AS one, o.id AS other, 1 AS strength, o.phone AS shared
  FROM mine m JOIN contact o ON o.phone = m.phone WHERE m.phone <> '' AND o.phone <> ''
  UNION ALL
  SELECT m.id, o.id, 2, o.email FROM mine m JOIN contact o ON o.email = m.email WHERE m.email <> '' AND o.email <> ''
  UNION ALL
  SELECT m.id, o.id, 3, o.username
  FROM mine m JOIN contact o ON LOWER(o.username) = LOWER(m.username) WHERE m.username <> '' AND o.username <> ''
  UNION ALL
  SELECT m.id, o.id, 4, o.name FROM mine m JOIN contact o ON o.name = m.name
  WHERE m.name LIKE '% %' AND o.name <> '' AND EXISTS (
    SELECT 1 FROM dialog a JOIN dialog b ON b.line_id = a.line_id WHERE a.contact_id = m.id AND b.contact_id = o.id))
SELECT :id, COALESCE(c.merged_into, c.id), s.strength, s.shared FROM alike s JOIN contact c ON c.id = s.other
WHERE COALESCE(c.merged_into, c.id) <> :id AND NOT EXISTS (
  SELECT 1 FROM mine m
  JOIN contact o ON o.id = COALESCE(c.merged_into, c.id) OR o.merged_into = COALESCE(c.merged_into, c.id)
  JOIN contact_apart x ON (x.one_id = m.id AND x.other_id = o.id) OR (x.one_id = o.id AND x.other_id = m.id))
ORDER BY s.strength, c.id LIMIT :n;

-- name: persons.all_alike
WITH alike AS (
  SELECT m.id AS one, o.id AS other, 1 AS strength, o.phone AS shared
  FROM contact m JOIN contact o ON o.phone = m.phone AND o.id > m.id WHERE m.phone <> '' AND o.phone <> ''
  UNION ALL
  SELECT m.id, o.id, 2, o.email
  FROM contact m JOIN contact o ON o.email = m.email AND o.id > m.id WHERE m.email <> '' AND o.email <> ''
  UNION ALL
  SELECT m.id, o.id, 3, o.username
  FROM contact m JOIN contact o ON LOWER(o.username) = LOWER(m.username) AND o.id > m.id
  WHERE m.username <> '' AND o.username <> ''
  UNION ALL
  SELECT m.id, o.id, 4, o.name
  FROM contact m JOIN contact o ON o.name = m.name AND o.id > m.id
  WHERE m.name LIKE '% %' AND m.name <> '' AND o.name <> '' AND EXISTS (
    SELECT 1 FROM dialog a JOIN dialog b ON b.line_id = a.line_id WHERE a.contact_id = m.id AND b.contact_id = o.id))
SELECT COALESCE(a.merged_into, a.id), COALESCE(b.merged_into, b.id), s.strength, s.shared
FROM alike s JOIN contact a ON a.id = s.one JOIN contact b ON b.id = s.other
WHERE COALESCE(a.merged_into, a.id) <> COALESCE(b.merged_into, b.id) AND NOT EXISTS (
  SELECT 1 FROM contact m
  JOIN contact o ON o.id = COALESCE(b.merged_into, b.id) OR o.merged_into = COALESCE(b.merged_into, b.id)
  JOIN contact_apart x ON (x.one_id = m.id AND x.other_id = o.id) OR (x.one_id = o.id AND x.other_id = m.id)
  WHERE m.id = COALESCE(a.merged_into, a.id) OR m.merged_into = COALESCE(a.merged_into, a.id))
LIMIT :n;
