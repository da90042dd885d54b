-- name: voice.unheard
SELECT id, message_id, channel_id, kind, name, mime, size, seconds, sha256, remote, state, code, attempts, words
FROM file WHERE kind = 'voice' AND state = 'here' AND words = '' AND code = '' AND next_at > :since
ORDER BY next_at DESC, id DESC LIMIT 1;

-- name: voice.mark
UPDATE file SET code = :code WHERE id = :id AND state = 'here';

-- name: voice.words
UPDATE file SET words = :words, code = '' WHERE id = :id;
