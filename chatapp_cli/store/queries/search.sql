-- name: search.newest
SELECT COALESCE(MAX(id), 0) FROM message;

-- name: search.before
SELECT m.id, m.dialog_id, m.direction, m.author, m.at, m.deleted_at, m.text, m.subject,
  COALESCE((SELECT group_concat(f.name || ' ' || f.words, ' ') FROM file f WHERE f.message_id = m.id), '')
FROM message m WHERE m.id < :before ORDER BY m.id DESC LIMIT :n;

-- name: search.these
SELECT m.id, m.dialog_id, m.direction, m.author, m.at, m.deleted_at, m.text, m.subject,
  COALESCE((SELECT group_concat(f.name || ' ' || f.words, ' ') FROM file f WHERE f.message_id = m.id), '')
FROM message m WHERE m.id IN (SELECT value FROM json_each(:ids));

-- name: search.before@postgresql
SELECT m.id, m.dialog_id, m.direction, m.author, m.at, m.deleted_at, m.text, m.subject,
  COALESCE((SELECT string_agg(f.name || ' ' || f.words, ' ') FROM file f WHERE f.message_id = m.id), '')
FROM message m WHERE m.id < :before ORDER BY m.id DESC LIMIT :n;

-- name: search.these@postgresql
SELECT m.id, m.dialog_id, m.direction, m.author, m.at, m.deleted_at, m.text, m.subject,
  COALESCE((SELECT string_agg(f.name || ' ' || f.words, ' ') FROM file f WHERE f.message_id = m.id), '')
FROM message m WHERE m.id IN (SELECT CAST(value AS bigint) FROM json_array_elements_text(CAST(:ids AS json)));
