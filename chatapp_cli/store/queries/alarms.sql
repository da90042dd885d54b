-- name: alarms.raise
INSERT INTO alarm (kind, ref, channel_id, text, since, tries) VALUES (:kind, :ref, :channel, :text, :now, 0)
ON CONFLICT (kind, ref) DO NOTHING;

-- name: alarms.again
UPDATE alarm SET healed_at = NULL, tries = 0 WHERE kind = :kind AND ref = :ref AND healed_at IS NOT NULL;

-- name: alarms.one
SELECT kind, ref, channel_id, text, since, told_at, healed_at, tries FROM alarm WHERE kind = :kind AND ref = :ref;

-- name: alarms.heal
UPDATE alarm SET healed_at = :now, tries = 0 WHERE kind = :kind AND ref = :ref;

-- name: alarms.remove
DELETE FROM alarm WHERE kind = :kind AND ref = :ref;

-- name: alarms.open
SELECT kind, ref, channel_id, text, since, told_at, healed_at, tries FROM alarm WHERE healed_at IS NULL
ORDER BY since, kind, ref;
