-- name: channels.add
INSERT INTO channel (line_id, kind, account, title, hook_key, settings, facts, capabilities, secrets, cursor,
  revision, health, health_code, health_detail, health_since, proof_at, paused_until, created_at)
VALUES (:line_id, :kind, :account, :title, :hook_key, :settings, :facts, :capabilities, :secrets, :cursor,
  0, 'starting', '', '', :now, NULL, 0, :now)
ON CONFLICT DO NOTHING RETURNING id;

-- name: channels.rebind
UPDATE channel SET account = :account, title = :title, hook_key = :hook_key, settings = :settings, facts = :facts,
  capabilities = :capabilities, secrets = :secrets, cursor = COALESCE(:cursor, cursor), revision = revision + 1,
  health = 'starting', health_code = '', health_detail = '', health_since = :now, paused_until = 0, strangers_until = 0,
  paused_code = '', paused_detail = '', look_at = 0
WHERE id = :id;

-- name: channels.renew
UPDATE channel SET revision = revision + 1 WHERE id = :id;

-- name: channels.remove
DELETE FROM channel WHERE id = :id;

-- name: channels.all
SELECT c.id, c.line_id, l.name, c.kind, c.account, c.title, c.hook_key, c.settings,
  (SELECT json_group_object(o.name, o.value) FROM stored_option o
    WHERE o.subject = 'channel' AND o.ref = c.id),
  c.facts, c.capabilities, c.cursor, c.revision, c.health, c.health_code, c.health_detail, c.health_since, c.proof_at,
  c.paused_until, c.strangers_until, c.paused_code, c.paused_detail, c.look_at
FROM channel c JOIN line l ON l.id = c.line_id ORDER BY c.line_id, c.id;

-- name: channels.all@postgresql
SELECT c.id, c.line_id, l.name, c.kind, c.account, c.title, c.hook_key, c.settings,
  COALESCE((SELECT json_object_agg(o.name, o.value)::text FROM stored_option o
    WHERE o.subject = 'channel' AND o.ref = c.id), '{}'),
  c.facts, c.capabilities, c.cursor, c.revision, c.health, c.health_code, c.health_detail, c.health_since, c.proof_at,
  c.paused_until, c.strangers_until, c.paused_code, c.paused_detail, c.look_at
FROM channel c JOIN line l ON l.id = c.line_id ORDER BY c.line_id, c.id;

-- name: channels.one
SELECT c.id, c.line_id, l.name, c.kind, c.account, c.title, c.hook_key, c.settings,
  (SELECT json_group_object(o.name, o.value) FROM stored_option o
    WHERE o.subject = 'channel' AND o.ref = c.id),
  c.facts, c.capabilities, c.cursor, c.revision, c.health, c.health_code, c.health_detail, c.health_since, c.proof_at,
  c.paused_until, c.strangers_until, c.paused_code, c.paused_detail, c.look_at
FROM channel c JOIN line l ON l.id = c.line_id WHERE c.id = :id;

-- name: channels.one@postgresql
SELECT c.id, c.line_id, l.name, c.kind, c.account, c.title, c.hook_key, c.settings,
  COALESCE((SELECT json_object_agg(o.name, o.value)::text FROM stored_option o
    WHERE o.subject = 'channel' AND o.ref = c.id), '{}'),
  c.facts, c.capabilities, c.cursor, c.revision, c.health, c.health_code, c.health_detail, c.health_since, c.proof_at,
  c.paused_until, c.strangers_until, c.paused_code, c.paused_detail, c.look_at
FROM channel c JOIN line l ON l.id = c.line_id WHERE c.id = :id;

-- name: channels.secrets
SELECT secrets FROM channel WHERE id = :id;

-- name: channels.move_cursor
UPDATE channel SET cursor = :cursor WHERE id = :id;

-- name: channels.health
UPDATE channel SET health = :health, health_code = :code, health_detail = :detail, health_since = :now,
  look_at = :look_at WHERE id = :id;

-- name: channels.look_again
UPDATE channel SET look_at = :look_at WHERE id = :id;

-- name: channels.proof
UPDATE channel SET proof_at = :at WHERE id = :id;

-- name: channels.pause
UPDATE channel SET paused_until = :until, paused_code = :code, paused_detail = :detail WHERE id = :id;

-- name: channels.show_pause
UPDATE channel SET paused_until = :until,
  paused_code = CASE WHEN paused_until + 1000 > :until THEN paused_code ELSE :code END,
  paused_detail = CASE WHEN paused_until > :now AND :detail = '' THEN paused_detail ELSE :detail END
WHERE id = :id;

-- name: channels.unpause
UPDATE channel SET paused_until = 0, paused_code = '', paused_detail = '' WHERE id = :id;

-- name: channels.resume
UPDATE channel SET paused_until = 0, strangers_until = 0, paused_code = '', paused_detail = '', look_at = 0,
  health = CASE WHEN health IN ('needs_rebind', 'misconfigured', 'blocked') THEN 'starting' ELSE health END
WHERE id = :id;

-- name: channels.pause_strangers
UPDATE channel SET strangers_until = :until WHERE id = :id AND strangers_until < :until;

-- name: memory.known
SELECT name, value FROM channel_memory WHERE channel_id = :channel AND name LIKE :like ESCAPE '!' ORDER BY name;

-- name: memory.keep
INSERT INTO channel_memory (channel_id, name, value) VALUES (:channel, :name, :sealed)
ON CONFLICT (channel_id, name) DO UPDATE SET value = excluded.value;

-- name: memory.forget
DELETE FROM channel_memory WHERE channel_id = :channel AND name = :name;

-- name: channels.waiting
SELECT COUNT(*) FROM outbox WHERE channel_id = :id;

-- name: channels.dialogs
SELECT COUNT(*) FROM dialog WHERE channel_id = :id;

-- name: channels.messages
SELECT COUNT(*) FROM message m JOIN dialog d ON d.id = m.dialog_id WHERE d.channel_id = :id;

-- name: channels.new_dialogs
SELECT COUNT(*) FROM dialog WHERE channel_id = :channel AND created_at > :since;

-- name: channels.seal
UPDATE channel SET secrets = :secrets, revision = revision + 1 WHERE id = :id;

-- name: channels.special
SELECT ref, 1 FROM stored_option WHERE subject = 'channel' AND name = 'remove_links' AND value = 'on'
UNION ALL SELECT id, 0 FROM channel WHERE kind = 'email';

-- name: channels.hiding_links
SELECT ref FROM stored_option WHERE subject = 'channel' AND name = 'remove_links' AND value = 'on' ORDER BY ref;
