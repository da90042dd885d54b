-- name: journal.append
INSERT INTO journal (at, topic, actor, channel_id, dialog_id, message_id, data)
VALUES (:at, :topic, :actor, :channel_id, :dialog_id, :message_id, :data);

-- name: journal.after
SELECT id, at, topic, actor, channel_id, dialog_id, message_id, data
FROM journal WHERE id > :after ORDER BY id LIMIT :n;

-- name: journal.last
SELECT COALESCE(MAX(id), 0) FROM journal;

-- name: journal.first
SELECT COALESCE(MIN(id), 0) FROM journal;

-- name: journal.forget
DELETE FROM journal WHERE id >= :first AND id < :until AND at < :before AND id < (SELECT MAX(id) FROM journal)
  AND topic IN (SELECT value FROM json_each(:topics));

-- name: journal.forget@postgresql
DELETE FROM journal WHERE id >= :first AND id < :until AND at < :before AND id < (SELECT MAX(id) FROM journal)
  AND topic IN (SELECT json_array_elements_text(CAST(:topics AS json)));

-- name: followers.place
SELECT journal_id FROM follower WHERE name = :name;

-- name: followers.move
INSERT INTO follower (name, journal_id, moved_at) VALUES (:name, :until, :now)
ON CONFLICT (name) DO UPDATE SET journal_id = excluded.journal_id, moved_at = excluded.moved_at;

-- name: effects.broken
SELECT name, why FROM broken_effect ORDER BY name;

-- name: effects.broke
INSERT INTO broken_effect (name, at, why) VALUES (:name, :at, :why)
ON CONFLICT (name) DO UPDATE SET at = excluded.at, why = excluded.why;

-- name: effects.healed
DELETE FROM broken_effect WHERE name = :name;

-- name: journal.of_message
SELECT id, at, topic, actor, channel_id, dialog_id, message_id, data
FROM journal WHERE message_id = :message ORDER BY id;
