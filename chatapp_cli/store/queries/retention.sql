-- name: packing.plain
SELECT a.id, c.kind, a.raw
FROM arrived a JOIN channel c ON c.id = a.channel_id
WHERE a.id > :after AND a.packed = 0 AND a.problem = '' AND a.raw_sha256 = '' ORDER BY a.id LIMIT :n;

-- name: packing.count
SELECT COUNT(*) FROM arrived
WHERE packed = 0 AND problem = '' AND raw_sha256 = '' AND NOT (id < :until AND at < :before);

-- name: packing.dictionary
SELECT content FROM raw_dictionary WHERE id = :id;

-- name: packing.newest
SELECT id, content, created_at FROM raw_dictionary WHERE kind = :kind ORDER BY id DESC LIMIT 1;

-- name: packing.learn
INSERT INTO raw_dictionary (kind, content, created_at) VALUES (:kind, :content, :now) RETURNING id;

-- name: packing.row
SELECT packed, channel_id, provider_id, at, who, dialog_id FROM arrived WHERE id = :id AND problem = '';

-- name: packing.take
DELETE FROM arrived WHERE id = :id;

-- name: packing.put
INSERT INTO arrived (id, channel_id, provider_id, raw, raw_sha256, problem, at, packed, who, dialog_id)
VALUES (:id, :channel, :provider_id, :raw, '', '', :at, :packed, :who, :dialog);

-- name: packing.unused
SELECT d.id FROM raw_dictionary d
WHERE d.id < (SELECT MAX(n.id) FROM raw_dictionary n WHERE n.kind = d.kind)
  AND NOT EXISTS (SELECT 1 FROM arrived a WHERE a.packed = d.id)
ORDER BY d.id;

-- name: packing.forget
DELETE FROM raw_dictionary WHERE id = :id;

-- name: retention.last_arrived
SELECT COALESCE(MAX(id), 0) FROM arrived;

-- name: retention.arrived_at
SELECT id, at FROM arrived WHERE id >= :id ORDER BY id LIMIT 1;

-- name: retention.old_raw
SELECT COUNT(*), COALESCE(MIN(id), 0) FROM arrived
WHERE id < :until AND at < :before AND packed >= 0 AND problem = ''
  AND channel_id NOT IN (SELECT id FROM channel WHERE REPLACE(:lasting, ',' || kind || ',', '') <> :lasting);

-- name: retention.some_raw
SELECT id FROM arrived
WHERE id >= :first AND id < :until AND at < :before AND packed >= 0 AND problem = ''
  AND channel_id NOT IN (SELECT id FROM channel WHERE REPLACE(:lasting, ',' || kind || ',', '') <> :lasting)
ORDER BY id LIMIT :n;

-- name: retention.journal_end
SELECT COALESCE(MIN(n), 0) FROM (
  SELECT MAX(id) - 1 AS n FROM journal UNION ALL SELECT MIN(journal_id) FROM follower) AS ends;

-- name: retention.journal_at
SELECT id, at FROM journal WHERE id >= :id ORDER BY id LIMIT 1;

-- name: retention.old_journal
SELECT COUNT(*), COALESCE(MIN(id), 0) FROM journal WHERE id < :until AND at < :before;

-- name: retention.delete_journal
DELETE FROM journal WHERE id IN (
  SELECT id FROM journal WHERE id >= :first AND id < :until AND at < :before
  AND id <= COALESCE((SELECT MIN(journal_id) FROM follower), id) ORDER BY id LIMIT :n);

-- name: retention.last_attempt
SELECT COALESCE(MAX(id), 0) FROM attempt;

-- name: retention.attempt_at
SELECT id, started_at FROM attempt WHERE id >= :id ORDER BY id LIMIT 1;

-- name: retention.old_attempts
SELECT COUNT(*), COALESCE(MIN(id), 0) FROM attempt
WHERE id < :until AND started_at < :before AND finished_at IS NOT NULL;

-- name: retention.delete_attempts
DELETE FROM attempt WHERE id IN (
  SELECT id FROM attempt WHERE id >= :first AND id < :until AND started_at < :before AND finished_at IS NOT NULL
  ORDER BY id LIMIT :n);

-- name: retention.last_request
SELECT COALESCE(MAX(id), 0) FROM errand;

-- name: retention.request_at
SELECT id, created_at FROM errand WHERE id >= :id ORDER BY id LIMIT 1;

-- name: retention.old_requests
SELECT COUNT(*), COALESCE(MIN(id), 0) FROM errand WHERE id < :until AND created_at < :before;

-- name: retention.delete_requests
DELETE FROM errand WHERE id IN (
  SELECT id FROM errand WHERE id >= :first AND id < :until AND created_at < :before ORDER BY id LIMIT :n);

-- name: followers.waiting
SELECT f.name, (SELECT COUNT(*) FROM journal j WHERE j.id > f.journal_id),
  CASE WHEN f.moved_at > COALESCE((SELECT j.at FROM journal j WHERE j.id > f.journal_id ORDER BY j.id LIMIT 1), 0)
  THEN f.moved_at
  ELSE COALESCE((SELECT j.at FROM journal j WHERE j.id > f.journal_id ORDER BY j.id LIMIT 1), 0) END
FROM follower f ORDER BY f.name;

-- name: followers.forget
DELETE FROM follower WHERE name = :name;

-- name: media.of_messages
SELECT DISTINCT sha256 FROM file WHERE sha256 LIKE :like;

-- name: media.of_arrivals
SELECT DISTINCT raw_sha256 FROM arrived
WHERE raw_sha256 LIKE :like AND NOT (id < :until AND at < :before AND packed >= 0 AND problem = ''
  AND channel_id NOT IN (SELECT id FROM channel WHERE REPLACE(:lasting, ',' || kind || ',', '') <> :lasting));

-- name: media.of_replies
SELECT DISTINCT sha256 FROM quick_reply_file WHERE sha256 LIKE :like;

-- name: media.of_applications
SELECT DISTINCT document_sha256 FROM application WHERE document_sha256 LIKE :like;

-- name: media.of_uploads
SELECT DISTINCT sha256 FROM crm_upload WHERE sha256 LIKE :like;

-- name: media.of_drafts
SELECT t.sheet FROM draft t JOIN dialog d ON d.id = t.dialog_id;
