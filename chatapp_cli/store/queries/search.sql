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

-- name: search.in_dialog
SELECT m.id, m.dialog_id, m.direction, m.author, m.at, m.deleted_at, m.text, m.subject,
  COALESCE((SELECT group_concat(f.name || ' ' || f.words, ' ') FROM file f WHERE f.message_id = m.id), '')
FROM message m WHERE m.dialog_id = :dialog;

-- name: search.newest_dialog
SELECT COALESCE(MAX(id), 0) FROM dialog;

-- name: search.names_before
SELECT id, search FROM dialog WHERE id < :before ORDER BY id DESC LIMIT :n;

-- name: search.names
SELECT id, search FROM dialog WHERE id IN (SELECT value FROM json_each(:ids));

-- name: search.before@postgresql
SELECT m.id, m.dialog_id, m.direction, m.author, m.at, m.deleted_at, m.text, m.subject,
  COALESCE((SELECT string_agg(f.name || ' ' || f.words, ' ') FROM file f WHERE f.message_id = m.id), '')
FROM message m WHERE m.id < :before ORDER BY m.id DESC LIMIT :n;

-- name: search.these@postgresql
SELECT m.id, m.dialog_id, m.direction, m.author, m.at, m.deleted_at, m.text, m.subject,
  COALESCE((SELECT string_agg(f.name || ' ' || f.words, ' ') FROM file f WHERE f.message_id = m.id), '')
FROM message m WHERE m.id IN (SELECT CAST(value AS bigint) FROM json_array_elements_text(CAST(:ids AS json)));

-- name: search.in_dialog@postgresql
SELECT m.id, m.dialog_id, m.direction, m.author, m.at, m.deleted_at, m.text, m.subject,
  COALESCE((SELECT string_agg(f.name || ' ' || f.words, ' ') FROM file f WHERE f.message_id = m.id), '')
FROM message m WHERE m.dialog_id = :dialog;

-- name: search.names@postgresql
SELECT id, search FROM dialog
WHERE id IN (SELECT CAST(value AS bigint) FROM json_array_elements_text(CAST(:ids AS json)));
