-- name: templates.all
SELECT id, channel_id, name, language, category, state, body, reason, updated_at
FROM template;

-- name: templates.of_channel
SELECT id, channel_id, name, language, category, state, body, reason, updated_at
FROM template WHERE channel_id = :channel;

-- name: templates.called
SELECT id, channel_id, name, language, category, state, body, reason, updated_at
FROM template WHERE channel_id = :channel AND name = :name;

-- name: templates.put
INSERT INTO template (channel_id, name, language, category, state, body, reason, updated_at)
VALUES (:channel, :name, :language, :category, :state, :body, :reason, :now)
ON CONFLICT (channel_id, name, language) DO UPDATE SET category = excluded.category, state = excluded.state,
  body = excluded.body, reason = excluded.reason, updated_at = excluded.updated_at;

-- name: templates.drop
DELETE FROM template WHERE id = :id;
