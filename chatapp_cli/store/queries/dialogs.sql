-- name: dialogs.known
SELECT d.id, d.contact_id, d.blocked, d.reachable, d.name, d.renamed, COALESCE(p.name, ''), COALESCE(p.username, ''),
  COALESCE(p.phone, ''), COALESCE(p.email, ''), d.early,
  CASE WHEN EXISTS (SELECT 1 FROM operator WHERE disabled = 0) THEN 1 ELSE 0 END,
  CASE WHEN EXISTS (SELECT 1 FROM timer WHERE kind = 'join') THEN 1 ELSE 0 END,
  CASE WHEN EXISTS (SELECT 1 FROM crm_pairing k WHERE k.channel_id = d.channel_id AND k.active = 1) THEN 1 ELSE 0 END
FROM dialog d LEFT JOIN contact p ON p.id = d.contact_id
WHERE d.channel_id = :channel AND d.key = :key;

-- name: dialogs.by_thread
SELECT d.id, d.contact_id, d.blocked, d.reachable, d.name, d.renamed, COALESCE(p.name, ''), COALESCE(p.username, ''),
  COALESCE(p.phone, ''), COALESCE(p.email, ''), d.early,
  CASE WHEN EXISTS (SELECT 1 FROM operator WHERE disabled = 0) THEN 1 ELSE 0 END,
  CASE WHEN EXISTS (SELECT 1 FROM timer WHERE kind = 'join') THEN 1 ELSE 0 END,
  CASE WHEN EXISTS (SELECT 1 FROM crm_pairing k WHERE k.channel_id = d.channel_id AND k.active = 1) THEN 1 ELSE 0 END
FROM message m JOIN dialog d ON d.id = m.dialog_id LEFT JOIN contact p ON p.id = d.contact_id
WHERE m.channel_id = :channel AND m.ext_id = :ext_id AND d.address = :address
ORDER BY m.id DESC LIMIT 1;

-- name: dialogs.heard_in
SELECT d.id, d.contact_id, d.blocked, d.reachable, d.name, d.renamed, COALESCE(p.name, ''), COALESCE(p.username, ''),
  COALESCE(p.phone, ''), COALESCE(p.email, ''), d.early,
  CASE WHEN EXISTS (SELECT 1 FROM operator WHERE disabled = 0) THEN 1 ELSE 0 END,
  CASE WHEN EXISTS (SELECT 1 FROM timer WHERE kind = 'join') THEN 1 ELSE 0 END,
  CASE WHEN EXISTS (SELECT 1 FROM crm_pairing k WHERE k.channel_id = d.channel_id AND k.active = 1) THEN 1 ELSE 0 END
FROM dialog d LEFT JOIN contact p ON p.id = d.contact_id WHERE d.id = :id;

-- name: dialogs.add
INSERT INTO dialog (channel_id, line_id, contact_id, key, address, kind, name, renamed, pinned, blocked, reachable,
  unreachable_code, unread, waiting_since, last_at, last_id, last_direction, last_state, preview, search, created_at, early)
SELECT c.id, c.line_id, :contact_id, :key, :address, :kind, :name, 0, 0, 0, 1, '', 0, NULL, :last_at, NULL, '', '', '',
  :search, :now, CASE WHEN EXISTS (
    SELECT 1 FROM early_news e WHERE e.channel_id = c.id AND e.dialog_key = :key AND e.change <> '') THEN 1 ELSE 0 END
FROM channel c WHERE c.id = :channel
RETURNING id, early, CASE WHEN EXISTS (SELECT 1 FROM operator WHERE disabled = 0) THEN 1 ELSE 0 END,
  CASE WHEN EXISTS (SELECT 1 FROM crm_pairing k WHERE k.channel_id = :channel AND k.active = 1) THEN 1 ELSE 0 END;

-- name: contacts.add
INSERT INTO contact (name, username, phone, email, created_at)
VALUES (:name, :username, :phone, :email, :now) RETURNING id;

-- name: contacts.learn
UPDATE contact SET name = :name, username = :username, phone = :phone, email = :email WHERE id = :id;

-- name: contacts.introduce
UPDATE contact SET first_name = :first_name, last_name = :last_name WHERE id = :id;

-- name: dialogs.retitle
UPDATE dialog SET name = :name, search = :search WHERE id = :id;

-- name: dialogs.heard
UPDATE dialog SET unread = unread + 1, waiting_since = COALESCE(waiting_since, :at), last_id = :message,
  last_at = CASE WHEN last_at > :at THEN last_at ELSE :at END, last_direction = 'in', last_state = 'received',
  heard_at = CASE WHEN heard_at > :at THEN heard_at ELSE :at END, preview = :preview, snoozed_until = NULL
WHERE id = :id;

-- name: dialogs.heard_again
UPDATE dialog SET unread = CASE WHEN unread = 0 THEN 1 ELSE unread END, waiting_since = COALESCE(waiting_since, :at),
  snoozed_until = NULL
WHERE id = :id;

-- name: dialogs.early_key
SELECT key FROM dialog WHERE id = :id AND early = 1;

-- name: dialogs.expect_message
UPDATE dialog SET early = 1 WHERE id = :id AND early = 0;

-- name: dialogs.heard_silently
UPDATE dialog SET last_id = :message, last_at = CASE WHEN last_at > :at THEN last_at ELSE :at END,
  last_direction = 'in', last_state = 'received', heard_at = CASE WHEN heard_at > :at THEN heard_at ELSE :at END,
  preview = :preview
WHERE id = :id;

-- name: dialogs.show_last
UPDATE dialog SET last_id = :message, last_at = CASE WHEN last_at > :at THEN last_at ELSE :at END,
  last_direction = 'out', last_state = :state, preview = :preview,
  waiting_since = CASE WHEN :answers = 1 THEN NULL ELSE waiting_since END,
  unread = CASE WHEN :answers = 1 THEN 0 ELSE unread END
WHERE id = :id;

-- name: dialogs.show_echo
UPDATE dialog SET last_id = CASE WHEN last_at > :at THEN last_id ELSE :message END,
  last_direction = CASE WHEN last_at > :at THEN last_direction ELSE 'out' END,
  last_state = CASE WHEN last_at > :at THEN last_state ELSE :state END,
  preview = CASE WHEN last_at > :at THEN preview ELSE :preview END,
  waiting_since = CASE WHEN :answers = 1 AND NOT EXISTS (
    SELECT 1 FROM message m WHERE m.dialog_id = dialog.id AND m.direction = 'in' AND m.automatic = 0 AND m.at > :at
  ) THEN NULL ELSE waiting_since END,
  last_at = CASE WHEN last_at > :at THEN last_at ELSE :at END
WHERE id = :id;

-- name: dialogs.state
UPDATE dialog SET last_state = :state WHERE id = :id AND last_id = :message;

-- name: dialogs.last_becomes
UPDATE dialog SET last_id = :new WHERE id = :id AND last_id = :old;

-- name: dialogs.preview
UPDATE dialog SET preview = :preview WHERE id = :id AND last_id = :message;

-- name: dialogs.reach
UPDATE dialog SET reachable = :reachable, unreachable_code = :code WHERE id = :id;

-- name: dialogs.move
UPDATE dialog SET key = :key, address = :address WHERE id = :id;

-- name: dialogs.last_heard
SELECT ext_id FROM message WHERE dialog_id = :dialog AND direction = 'in' AND ext_id IS NOT NULL
ORDER BY at DESC, id DESC LIMIT 1;

-- name: dialogs.heard_until
SELECT ext_id FROM message
WHERE dialog_id = :dialog AND direction = 'in' AND ext_id IS NOT NULL AND stored_at <= :until
ORDER BY at DESC, id DESC LIMIT 1;

-- name: dialogs.all_heard_until
SELECT ext_id FROM message
WHERE dialog_id = :dialog AND direction = 'in' AND ext_id IS NOT NULL AND stored_at <= :until
ORDER BY at DESC, id DESC LIMIT 50;

-- name: dialogs.rename
UPDATE dialog SET name = :name, renamed = :renamed, search = :search WHERE id = :id;

-- name: dialogs.read
UPDATE dialog SET unread = 0 WHERE id = :id AND unread > 0;

-- name: dialogs.unread
UPDATE dialog SET unread = 1 WHERE id = :id AND unread = 0;

-- name: dialogs.pin
UPDATE dialog SET pinned = :pinned WHERE id = :id AND pinned <> :pinned;

-- name: dialogs.block
UPDATE dialog SET blocked = :blocked, unread = 0, waiting_since = NULL WHERE id = :id AND blocked <> :blocked;

-- name: dialogs.one
SELECT id FROM dialog WHERE id = :id;

-- name: dialogs.card
SELECT d.id, d.channel_id, d.line_id, d.contact_id, l.name, c.title, c.kind, d.kind, d.key, d.name, d.address,
  COALESCE(p.username, ''), COALESCE(p.phone, ''), COALESCE(p.email, ''), d.pinned, d.blocked, d.reachable,
  d.unreachable_code, d.unread, d.waiting_since, d.last_at, d.created_at, COALESCE(p.name, ''), d.heard_at,
  COALESCE(p.first_name, ''), COALESCE(p.last_name, ''), COALESCE((
    SELECT o.chain FROM contact o
    WHERE (o.id = COALESCE(p.merged_into, p.id) OR o.merged_into = COALESCE(p.merged_into, p.id)) AND o.chain <> ''
    ORDER BY o.merged_into IS NOT NULL, o.id LIMIT 1), ''),
  d.assignee, d.snoozed_until, d.renamed
FROM dialog d JOIN channel c ON c.id = d.channel_id JOIN line l ON l.id = d.line_id
LEFT JOIN contact p ON p.id = d.contact_id
WHERE d.id = :id;

-- name: dialogs.at_address
SELECT id FROM dialog WHERE channel_id = :channel AND address = :address ORDER BY last_at DESC, id DESC LIMIT 1;

-- name: dialogs.keys_at
SELECT key FROM dialog WHERE channel_id = :channel AND address = :address;

-- name: dialogs.traits
SELECT (SELECT COUNT(*) FROM stored_option o
    WHERE o.subject = 'channel' AND o.ref = d.channel_id AND o.name = 'remove_links' AND o.value = 'on'),
  CASE WHEN EXISTS (SELECT 1 FROM mail) THEN 1 ELSE 0 END,
  CASE WHEN EXISTS (SELECT 1 FROM message_buttons) THEN 1 ELSE 0 END
FROM dialog d WHERE d.id = :id;

-- name: dialogs.contact_at
SELECT contact_id FROM dialog WHERE channel_id = :channel AND address = :address AND contact_id IS NOT NULL
ORDER BY last_at DESC, id DESC LIMIT 1;

-- name: dialogs.at_key
SELECT id FROM dialog WHERE channel_id = :channel AND key = :key;

-- name: dialogs.of_phone
SELECT id FROM dialog
WHERE contact_id IN (SELECT id FROM contact WHERE phone = :phone AND phone <> '') AND +channel_id = :channel
ORDER BY COALESCE(heard_at, 0) DESC, last_at DESC, id DESC LIMIT 1;

-- name: dialogs.met
SELECT 'phone', p.phone, d.id, d.address, d.name, d.kind, d.heard_at, d.created_at, d.blocked, d.reachable
FROM contact p JOIN dialog d ON d.contact_id = p.id
WHERE p.phone <> '' AND p.phone IN (SELECT value FROM json_each(:addresses)) AND +d.channel_id = :channel
UNION ALL SELECT 'address', d.address, d.id, d.address, d.name, d.kind, d.heard_at, d.created_at, d.blocked, d.reachable
FROM dialog d WHERE d.channel_id = :channel AND d.address IN (SELECT value FROM json_each(:addresses))
UNION ALL SELECT 'key', d.key, d.id, d.address, d.name, d.kind, d.heard_at, d.created_at, d.blocked, d.reachable
FROM dialog d WHERE d.channel_id = :channel AND d.key IN (SELECT value FROM json_each(:addresses));

-- name: dialogs.met@postgresql
SELECT 'phone', p.phone, d.id, d.address, d.name, d.kind, d.heard_at, d.created_at, d.blocked, d.reachable
FROM contact p JOIN dialog d ON d.contact_id = p.id
WHERE p.phone <> '' AND p.phone IN (SELECT json_array_elements_text(CAST(:addresses AS json))) AND +d.channel_id = :channel
UNION ALL SELECT 'address', d.address, d.id, d.address, d.name, d.kind, d.heard_at, d.created_at, d.blocked, d.reachable
FROM dialog d WHERE d.channel_id = :channel AND d.address IN (SELECT json_array_elements_text(CAST(:addresses AS json)))
UNION ALL SELECT 'key', d.key, d.id, d.address, d.name, d.kind, d.heard_at, d.created_at, d.blocked, d.reachable
FROM dialog d WHERE d.channel_id = :channel AND d.key IN (SELECT json_array_elements_text(CAST(:addresses AS json)));

-- name: dialogs.totals
SELECT COUNT(*), COALESCE(SUM(unread), 0) FROM dialog
WHERE unread > 0 AND blocked = 0 AND snoozed_until IS NULL;

-- name: dialogs.waiting
SELECT COUNT(*) FROM dialog WHERE waiting_since IS NOT NULL AND blocked = 0 AND snoozed_until IS NULL;

-- name: tags.add
INSERT INTO tag (name) VALUES (:name) ON CONFLICT DO NOTHING;

-- name: tags.by_name
SELECT id FROM tag WHERE name = :name;

-- name: tags.attach
INSERT INTO dialog_tag (dialog_id, tag_id) VALUES (:dialog, :tag) ON CONFLICT DO NOTHING;

-- name: tags.detach
DELETE FROM dialog_tag WHERE dialog_id = :dialog AND tag_id = :tag;

-- name: tags.of_dialog
SELECT t.name FROM tag t JOIN dialog_tag dt ON dt.tag_id = t.id WHERE dt.dialog_id = :dialog;

-- name: tags.all
SELECT t.name, (SELECT COUNT(*) FROM dialog_tag dt WHERE dt.tag_id = t.id) FROM tag t;
