-- name: search.newest
SELECT COALESCE(MAX(id), 0) FROM message;

-- name: search.time_of
SELECT at FROM message WHERE id >= :id ORDER BY id LIMIT 1;

-- name: search.before
SELECT m.id, m.dialog_id, m.direction, m.author, m.at, m.deleted_at,
  COALESCE(NULLIF(x.whole, ''), m.text), m.subject,
  COALESCE((SELECT group_concat(f.name || ' ' || f.words, ' ') FROM file f WHERE f.message_id = m.id), ''),
  COALESCE(x.recipients, '')
FROM message m LEFT JOIN mail x ON x.message_id = m.id WHERE m.id < :before ORDER BY m.id DESC LIMIT :n;

-- name: search.these
SELECT m.id, m.dialog_id, m.direction, m.author, m.at, m.deleted_at,
  COALESCE(NULLIF(x.whole, ''), m.text), m.subject,
  COALESCE((SELECT group_concat(f.name || ' ' || f.words, ' ') FROM file f WHERE f.message_id = m.id), ''),
  COALESCE(x.recipients, '')
FROM message m LEFT JOIN mail x ON x.message_id = m.id WHERE m.id IN (SELECT value FROM json_each(:ids));

-- name: search.in_dialog
SELECT m.id, m.dialog_id, m.direction, m.author, m.at, m.deleted_at,
  COALESCE(NULLIF(x.whole, ''), m.text), m.subject,
  COALESCE((SELECT group_concat(f.name || ' ' || f.words, ' ') FROM file f WHERE f.message_id = m.id), ''),
  COALESCE(x.recipients, '')
FROM message m LEFT JOIN mail x ON x.message_id = m.id WHERE m.dialog_id = :dialog;

-- name: search.newest_dialog
SELECT COALESCE(MAX(id), 0) FROM dialog;

-- name: search.names_before
SELECT d.id, d.search || COALESCE((
  SELECT group_concat(' ' || e.search, '')
  FROM contact p JOIN contact o ON o.id = COALESCE(p.merged_into, p.id) OR o.merged_into = COALESCE(p.merged_into, p.id)
  JOIN dialog e ON e.contact_id = o.id AND e.id <> d.id
  WHERE p.id = d.contact_id), '')
FROM dialog d WHERE d.id < :before ORDER BY d.id DESC LIMIT :n;

-- name: search.names
SELECT d.id, d.search || COALESCE((
  SELECT group_concat(' ' || e.search, '')
  FROM contact p JOIN contact o ON o.id = COALESCE(p.merged_into, p.id) OR o.merged_into = COALESCE(p.merged_into, p.id)
  JOIN dialog e ON e.contact_id = o.id AND e.id <> d.id
  WHERE p.id = d.contact_id), '')
FROM dialog d WHERE d.id IN (SELECT value FROM json_each(:ids));

-- name: search.of_their_people
SELECT e.id
FROM dialog d JOIN contact p ON p.id = d.contact_id
JOIN contact o ON o.id = COALESCE(p.merged_into, p.id) OR o.merged_into = COALESCE(p.merged_into, p.id)
JOIN dialog e ON e.contact_id = o.id
WHERE d.id IN (SELECT value FROM json_each(:ids));

-- name: search.before@postgresql
SELECT m.id, m.dialog_id, m.direction, m.author, m.at, m.deleted_at,
  COALESCE(NULLIF(x.whole, ''), m.text), m.subject,
  COALESCE((SELECT string_agg(f.name || ' ' || f.words, ' ') FROM file f WHERE f.message_id = m.id), ''),
  COALESCE(x.recipients, '')
FROM message m LEFT JOIN mail x ON x.message_id = m.id WHERE m.id < :before ORDER BY m.id DESC LIMIT :n;

-- name: search.these@postgresql
SELECT m.id, m.dialog_id, m.direction, m.author, m.at, m.deleted_at,
  COALESCE(NULLIF(x.whole, ''), m.text), m.subject,
  COALESCE((SELECT string_agg(f.name || ' ' || f.words, ' ') FROM file f WHERE f.message_id = m.id), ''),
  COALESCE(x.recipients, '')
FROM message m LEFT JOIN mail x ON x.message_id = m.id WHERE m.id IN (SELECT CAST(value AS bigint) FROM json_array_elements_text(CAST(:ids AS json)));

-- name: search.in_dialog@postgresql
SELECT m.id, m.dialog_id, m.direction, m.author, m.at, m.deleted_at,
  COALESCE(NULLIF(x.whole, ''), m.text), m.subject,
  COALESCE((SELECT string_agg(f.name || ' ' || f.words, ' ') FROM file f WHERE f.message_id = m.id), ''),
  COALESCE(x.recipients, '')
FROM message m LEFT JOIN mail x ON x.message_id = m.id WHERE m.dialog_id = :dialog;

-- name: search.names@postgresql
SELECT d.id, d.search || COALESCE((
  SELECT string_agg(' ' || e.search, '')
  FROM contact p JOIN contact o ON o.id = COALESCE(p.merged_into, p.id) OR o.merged_into = COALESCE(p.merged_into, p.id)
  JOIN dialog e ON e.contact_id = o.id AND e.id <> d.id
  WHERE p.id = d.contact_id), '')
FROM dialog d
WHERE d.id IN (SELECT CAST(value AS bigint) FROM json_array_elements_text(CAST(:ids AS json)));

-- name: search.names_before@postgresql
SELECT d.id, d.search || COALESCE((
  SELECT string_agg(' ' || e.search, '')
  FROM contact p JOIN contact o ON o.id = COALESCE(p.merged_into, p.id) OR o.merged_into = COALESCE(p.merged_into, p.id)
  JOIN dialog e ON e.contact_id = o.id AND e.id <> d.id
  WHERE p.id = d.contact_id), '')
FROM dialog d WHERE d.id < :before ORDER BY d.id DESC LIMIT :n;

-- name: search.of_their_people@postgresql
SELECT e.id
FROM dialog d JOIN contact p ON p.id = d.contact_id
JOIN contact o ON o.id = COALESCE(p.merged_into, p.id) OR o.merged_into = COALESCE(p.merged_into, p.id)
JOIN dialog e ON e.contact_id = o.id
WHERE d.id IN (SELECT CAST(value AS bigint) FROM json_array_elements_text(CAST(:ids AS json)));
