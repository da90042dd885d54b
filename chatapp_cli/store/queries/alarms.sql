-- name: alarms.raise
INSERT INTO alarm (kind, ref, channel_id, text, since, told_at, tries)
VALUES (:kind, :ref, :channel, :text, :now, :told_at, 0)
ON CONFLICT (kind, ref) DO NOTHING;

-- name: alarms.again
UPDATE alarm SET healed_at = NULL, told_at = CASE WHEN tries > 0 THEN NULL ELSE told_at END,
  since = CASE WHEN tries > 0 THEN :now ELSE since END, tries = CASE WHEN tries > 0 OR told_at IS NULL THEN 1 ELSE 0 END
WHERE kind = :kind AND ref = :ref AND healed_at IS NOT NULL;

-- name: alarms.one
SELECT kind, ref, channel_id, text, since, told_at, healed_at, tries FROM alarm WHERE kind = :kind AND ref = :ref;

-- name: alarms.heal
UPDATE alarm SET healed_at = :now, tries = 0 WHERE kind = :kind AND ref = :ref;

-- name: alarms.remove
DELETE FROM alarm WHERE kind = :kind AND ref = :ref;

-- name: alarms.open
SELECT kind, ref, channel_id, text, since, told_at, healed_at, tries FROM alarm WHERE healed_at IS NULL
ORDER BY since, kind, ref;

-- name: alarms.untold
SELECT kind, ref, channel_id, text, since, told_at, healed_at, tries FROM alarm
WHERE told_at IS NULL OR healed_at IS NOT NULL ORDER BY since, kind, ref;

-- name: alarms.tried
UPDATE alarm SET tries = tries + 1 WHERE kind = :kind AND ref = :ref;

-- name: alarms.told
UPDATE alarm SET told_at = :now, tries = 0 WHERE kind = :kind AND ref = :ref AND told_at IS NULL;

-- name: alarms.told_healed
DELETE FROM alarm WHERE kind = :kind AND ref = :ref AND healed_at = :healed;

-- name: alarms.tell_again
UPDATE alarm SET told_at = NULL, tries = 0, since = :now WHERE kind = :kind AND ref = :ref AND healed_at IS NULL;

-- name: alarms.uncertain
-- The first condition is that of a partial index, which is used for nothing else.
SELECT DISTINCT channel_id FROM message WHERE (state = 'uncertain' OR state = 'failed') AND state = 'uncertain';

-- name: alarms.followers
SELECT f.name, j.at FROM follower f
JOIN journal j ON j.id = (SELECT MIN(n.id) FROM journal n WHERE n.id > f.journal_id) ORDER BY f.name;
