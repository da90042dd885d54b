-- name: arrived.keep
INSERT INTO arrived (channel_id, provider_id, raw, raw_sha256, problem, at)
VALUES (:channel, :provider_id, :raw, :raw_sha256, :problem, :at)
ON CONFLICT DO NOTHING RETURNING id;

-- name: arrived.one
SELECT id, channel_id, provider_id, raw, raw_sha256, problem, at, packed FROM arrived WHERE id = :id;

-- name: arrived.of_message
SELECT a.id, a.channel_id, a.provider_id, a.raw, a.raw_sha256, a.problem, a.at, a.packed
FROM arrived a JOIN message m ON m.arrived_id = a.id WHERE m.id = :message;

-- name: arrived.dead_count
SELECT COUNT(*) FROM arrived WHERE problem <> '';

-- name: arrived.revive
UPDATE arrived SET problem = '' WHERE id = :id;

-- name: arrived.settle
UPDATE arrived SET problem = '' WHERE channel_id = :channel AND provider_id = :provider_id AND problem <> ''
RETURNING id;

-- name: arrived.forget
DELETE FROM arrived WHERE id = :id AND problem <> '';

-- name: messages.hear
INSERT INTO message (dialog_id, channel_id, arrived_id, direction, origin, author, ext_id, key, state, code, detail,
  text, subject, reply_to, album, automatic, at, stored_at, edited_at, deleted_at, sender, author_phone, placeholder,
  ended_wait)
VALUES (:dialog, :channel, :arrived, :direction, :origin, :author, :ext_id, NULL, :state, '', '',
  :text, :subject, :reply_to, :album, :automatic, :at, :now, NULL, NULL, :sender, :author_phone,
  :placeholder, CASE WHEN :answers = 1 THEN (SELECT waiting_since FROM dialog WHERE id = :dialog) END)
ON CONFLICT DO NOTHING RETURNING id;

-- name: messages.prove
UPDATE message SET automatic = 0, ended_wait = (SELECT waiting_since FROM dialog WHERE id = :dialog)
WHERE id = :id AND automatic = 1 AND direction = 'out' AND origin = 'phone';

-- name: messages.fill
UPDATE message SET arrived_id = :arrived, author = :author, sender = :sender, author_phone = :author_phone,
  text = :text, subject = :subject, reply_to = :reply_to, album = :album, automatic = :automatic, at = :at, placeholder = 0
WHERE id = :id AND placeholder = 1;

-- name: messages.sign
UPDATE message SET author = :author WHERE id = :id AND author = '';

-- name: messages.say
INSERT INTO message (dialog_id, channel_id, arrived_id, direction, origin, author, ext_id, key, state, code, detail,
  text, subject, reply_to, album, automatic, at, stored_at, edited_at, deleted_at, template, asked, ended_wait)
VALUES (:dialog, :channel, NULL, 'out', :origin, :author, NULL, :key, :state, '', '',
  :text, :subject, :reply_to, '', :automatic, :now, :now, NULL, NULL, :template, :asked,
  CASE WHEN :answers = 1 THEN (SELECT waiting_since FROM dialog WHERE id = :dialog) END)
ON CONFLICT DO NOTHING RETURNING id;

-- name: messages.author_phone
SELECT author_phone FROM message WHERE id = :id;

-- name: messages.template
SELECT template FROM message WHERE id = :id;

-- name: messages.beside
SELECT m.template, COALESCE(x.recipients, ''), COALESCE(x.signature, ''), COALESCE(x.forwards, 0),
  COALESCE(x.typed_subject, 0), COALESCE(x.answers, ''), COALESCE(x.event, ''), COALESCE(x.invitation, ''), COALESCE(x.calendar, ''),
  CASE WHEN b.listed = 0 THEN b.texts ELSE '' END
FROM message m LEFT JOIN mail x ON x.message_id = m.id LEFT JOIN message_buttons b ON b.message_id = m.id
WHERE m.id = :id;

-- name: messages.uncertain_under
SELECT id, dialog_id, direction, state, origin, sender, placeholder FROM message
WHERE key = :key AND channel_id = :channel AND state IN ('uncertain', 'sending') AND ext_id IS NULL;

-- name: messages.addressed
SELECT d.id, d.channel_id, d.address, d.name, d.kind, d.created_at, d.heard_at, m.text
FROM message m JOIN dialog d ON d.id = m.dialog_id WHERE m.id = :id;

-- name: messages.by_key
SELECT id FROM message WHERE key = :key;

-- name: messages.asked
SELECT id, dialog_id, asked FROM message WHERE key = :key;

-- name: messages.used_keys
SELECT key, asked FROM message WHERE key IN (SELECT value FROM json_each(:keys));

-- name: messages.used_keys@postgresql
SELECT key, asked FROM message WHERE key IN (SELECT json_array_elements_text(CAST(:keys AS json)));

-- name: messages.ref
SELECT id, dialog_id, direction, state, origin, sender, placeholder FROM message
WHERE channel_id = :channel AND ext_id = :ext_id AND dialog_id = :dialog;

-- name: messages.ref_anywhere
SELECT id, dialog_id, direction, state, origin, sender, placeholder FROM message
WHERE channel_id = :channel AND ext_id = :ext_id ORDER BY id DESC LIMIT 1;

-- name: messages.ref_of_ours
SELECT id, dialog_id, direction, state, origin, sender, placeholder FROM message
WHERE channel_id = :channel AND ext_id = :ext_id AND direction = 'out' ORDER BY id DESC LIMIT 1;

-- name: messages.part_of_ours
SELECT m.id, m.dialog_id, m.direction, m.state, m.origin, m.sender, m.placeholder
FROM message_part p JOIN message m ON m.id = p.message_id
WHERE p.ext_id = :ext_id AND m.channel_id = :channel ORDER BY m.id DESC LIMIT 1;

-- name: messages.part_ref
SELECT m.id, m.dialog_id, m.direction, m.state, m.origin, m.sender, m.placeholder
FROM message_part p JOIN message m ON m.id = p.message_id WHERE p.dialog_id = :dialog AND p.ext_id = :ext_id;

-- name: messages.ref_by_id
SELECT id, dialog_id, direction, state, origin, sender, placeholder FROM message WHERE id = :id;

-- name: messages.not_read_by_them
SELECT id, dialog_id, direction, state, origin, sender, placeholder, ext_id FROM message
WHERE dialog_id = :dialog AND direction = 'out' AND ext_id IS NOT NULL
  AND (state = 'sent' OR state = 'delivered' OR state = 'uncertain')
ORDER BY at DESC, id DESC LIMIT 1000;

-- name: messages.add_part
INSERT INTO message_part (dialog_id, ext_id, message_id, bears_text) VALUES (:dialog, :ext_id, :message, :bears_text)
ON CONFLICT DO NOTHING;

-- name: messages.parts
SELECT ext_id, bears_text FROM message_part WHERE message_id = :message ORDER BY ext_id;

-- name: messages.drop
DELETE FROM message WHERE id = :id;

-- name: messages.verdict
UPDATE message SET state = CASE WHEN state IN ('delivered', 'read') THEN state ELSE :state END,
  code = :code, detail = :detail, ext_id = COALESCE(:ext_id, ext_id),
  at = COALESCE(:at, at)
WHERE id = :id;

-- name: messages.state
UPDATE message SET state = :state, code = :code, detail = :detail WHERE id = :id;

-- name: messages.note
UPDATE message SET code = :code, detail = :detail
WHERE id = :id AND state = 'sent' AND (code <> :code OR detail <> :detail)
  AND (code <> 'copy_failed' OR :code = 'copy_failed');

-- name: messages.mark
UPDATE message SET state = :state, code = :code, detail = :detail
WHERE id = :id AND state NOT IN ('delivered', 'read');

-- name: messages.reached
UPDATE message SET state = :state, code = :code, detail = :detail, chain = '' WHERE id = :id;

-- name: messages.expect
UPDATE message SET ext_id = :ext_id WHERE id = :id;

-- name: messages.due
UPDATE message SET state = 'queued', code = '', detail = '', at = :now,
  ended_wait = CASE WHEN :answers = 1 THEN (SELECT waiting_since FROM dialog WHERE id = message.dialog_id) END
WHERE id = :id;

-- name: messages.edit
UPDATE message SET text = :text, edited_at = :at WHERE id = :id;

-- name: messages.revise
INSERT INTO message_revision (message_id, text, at) SELECT id, text, :at FROM message WHERE id = :id AND text <> :text;

-- name: messages.revisions
SELECT text, at FROM message_revision WHERE message_id = :id ORDER BY id;

-- name: messages.delete
UPDATE message SET deleted_at = :at WHERE id = :id AND deleted_at IS NULL;

-- name: messages.one
SELECT id, dialog_id, direction, origin, author, ext_id, key, state, code, detail, text, subject, reply_to, album,
  at, stored_at, edited_at, deleted_at
FROM message WHERE id = :id;

-- name: messages.in_dialog
SELECT m.id, m.dialog_id, m.direction, m.origin, m.author, m.ext_id, m.key, m.state, m.code, m.detail, m.text,
  m.subject, m.reply_to, m.album, m.at, m.stored_at, m.edited_at, m.deleted_at
FROM message m JOIN dialog d ON d.id = m.dialog_id
WHERE m.dialog_id = :dialog AND m.channel_id = d.channel_id AND m.ext_id = :ext_id;

-- name: messages.latest
SELECT id, dialog_id, direction, origin, author, ext_id, key, state, code, detail, text, subject, reply_to, album,
  at, stored_at, edited_at, deleted_at
FROM message WHERE dialog_id = :dialog ORDER BY at DESC, id DESC LIMIT :n;

-- name: messages.in_crm
SELECT m.id, m.dialog_id, m.direction, m.origin, m.author, m.ext_id, m.key, m.state, m.code, m.detail, m.text,
  m.subject, m.reply_to, m.album, m.at, m.stored_at, m.edited_at, m.deleted_at
FROM message m JOIN crm_message k ON k.message_id = m.id AND k.link_id = :link AND k.told <> 'given_up'
WHERE m.dialog_id = :dialog AND m.deleted_at IS NULL ORDER BY m.at DESC, m.id DESC LIMIT :n;

-- name: messages.before
SELECT id, dialog_id, direction, origin, author, ext_id, key, state, code, detail, text, subject, reply_to, album,
  at, stored_at, edited_at, deleted_at
FROM message WHERE dialog_id = :dialog AND (at, id) < (:at, :id) ORDER BY at DESC, id DESC LIMIT :n;

-- name: messages.since
SELECT id, dialog_id, direction, origin, author, ext_id, key, state, code, detail, text, subject, reply_to, album,
  at, stored_at, edited_at, deleted_at
FROM message WHERE dialog_id = :dialog AND (at, id) >= (:at, :id) ORDER BY at, id LIMIT :n;

-- name: messages.thread
SELECT ext_id FROM message WHERE dialog_id = :dialog AND ext_id IS NOT NULL ORDER BY at DESC, id DESC LIMIT 20;

-- name: messages.last_subject
SELECT subject FROM message WHERE dialog_id = :dialog AND subject <> '' ORDER BY at DESC, id DESC LIMIT 1;

-- name: reactions.clear
DELETE FROM reaction WHERE message_id = :message AND person = :person;

-- name: reactions.add
INSERT INTO reaction (message_id, person, emoji, name) VALUES (:message, :person, :emoji, :name)
ON CONFLICT DO NOTHING;

-- name: reactions.of_messages
SELECT message_id, person, emoji, name FROM reaction
WHERE message_id IN (SELECT value FROM json_each(:ids)) ORDER BY message_id, person;

-- name: reactions.of_messages@postgresql
SELECT message_id, person, emoji, name FROM reaction
WHERE message_id IN (SELECT CAST(value AS bigint) FROM json_array_elements_text(CAST(:ids AS json)))
ORDER BY message_id, person;

-- name: files.add
INSERT INTO file (message_id, channel_id, kind, name, mime, size, seconds, sha256, remote, state, code, attempts,
  next_at)
VALUES (:message, :channel, :kind, :name, :mime, :size, :seconds, :sha256, :remote, :state, :code, 0, :now)
RETURNING id;

-- name: mails.keep
INSERT INTO mail (message_id, whole, folded_lines, notes, recipients, signature, forwards, typed_subject, answers, event,
  invitation, calendar)
VALUES (:message, :whole, :folded_lines, :notes, :recipients, :signature, :forwards, :typed_subject, :answers, :event,
  :invitation, :calendar)
ON CONFLICT (message_id) DO UPDATE
SET whole = excluded.whole, folded_lines = excluded.folded_lines, notes = excluded.notes,
  recipients = excluded.recipients, event = excluded.event, invitation = excluded.invitation, calendar = excluded.calendar;

-- name: mails.of_messages
SELECT x.message_id, x.folded_lines, x.recipients,
  CASE WHEN x.invitation = 'open' THEN COALESCE((
    SELECT later.invitation FROM mail later
    JOIN message n ON n.id = later.message_id JOIN message m ON m.id = x.message_id
    WHERE later.event = x.event AND later.event <> '' AND later.message_id > x.message_id
      AND n.channel_id = m.channel_id AND later.invitation <> 'open'
      AND (n.state IN ('sent', 'delivered', 'read') OR n.direction = 'in' AND (
        n.dialog_id = m.dialog_id OR LOWER(n.sender) = LOWER(json_extract(x.calendar, '$.organizer'))))
    ORDER BY later.message_id DESC LIMIT 1), 'open') ELSE '' END
FROM mail x
WHERE x.message_id IN (SELECT value FROM json_each(:ids));

-- name: mails.of_messages@postgresql
SELECT x.message_id, x.folded_lines, x.recipients,
  CASE WHEN x.invitation = 'open' THEN COALESCE((
    SELECT later.invitation FROM mail later
    JOIN message n ON n.id = later.message_id JOIN message m ON m.id = x.message_id
    WHERE later.event = x.event AND later.event <> '' AND later.message_id > x.message_id
      AND n.channel_id = m.channel_id AND later.invitation <> 'open'
      AND (n.state IN ('sent', 'delivered', 'read') OR n.direction = 'in' AND (
        n.dialog_id = m.dialog_id OR LOWER(n.sender) = LOWER(CAST(x.calendar AS json) ->> 'organizer')))
    ORDER BY later.message_id DESC LIMIT 1), 'open') ELSE '' END
FROM mail x
WHERE x.message_id IN (SELECT CAST(value AS bigint) FROM json_array_elements_text(CAST(:ids AS json)));

-- name: mails.whole
SELECT whole FROM mail WHERE message_id = :message;

-- name: mails.heard
SELECT m.author, m.sender, m.at, m.subject, COALESCE(NULLIF(x.whole, ''), m.text), COALESCE(x.recipients, ''),
  COALESCE(x.notes, '')
FROM message m LEFT JOIN mail x ON x.message_id = m.id
WHERE m.dialog_id = :dialog AND m.direction = 'in' AND (:message = 0 OR m.id = :message)
ORDER BY m.at DESC, m.id DESC LIMIT 1;

-- name: mails.in_dialog
SELECT m.id, m.ext_id, m.direction, m.sender, m.subject, COALESCE(x.recipients, '')
FROM message m LEFT JOIN mail x ON x.message_id = m.id
WHERE m.dialog_id = :dialog AND m.ext_id IS NOT NULL AND m.at <= :until ORDER BY m.at DESC, m.id DESC LIMIT 40;

-- name: mails.recipients
SELECT recipients FROM mail WHERE message_id = :message;

-- name: mails.invitation
SELECT x.calendar, m.sender FROM mail x JOIN message m ON m.id = x.message_id
WHERE m.id = :message AND x.invitation = 'open';

-- name: mails.of_event
SELECT m.id, m.direction, m.state, x.invitation FROM mail x JOIN message m ON m.id = x.message_id
WHERE x.event = :event AND x.event <> '' AND m.channel_id = :channel AND m.id > :message
  AND (m.direction = 'out' OR m.dialog_id = :dialog OR LOWER(m.sender) = LOWER(:organizer)) ORDER BY m.id DESC;

-- name: mails.under
SELECT m.dialog_id, x.recipients FROM message m JOIN mail x ON x.message_id = m.id
WHERE m.channel_id = :channel AND m.ext_id = :ext_id ORDER BY m.id DESC;

-- name: mails.answered
SELECT id FROM message WHERE dialog_id = :dialog AND ext_id = :ext_id AND direction = 'in';

-- name: files.of_messages
SELECT id, message_id, channel_id, kind, name, mime, size, seconds, sha256, remote, state, code, attempts, words FROM file
WHERE message_id IN (SELECT value FROM json_each(:ids)) ORDER BY message_id, id;

-- name: files.of_messages@postgresql
SELECT id, message_id, channel_id, kind, name, mime, size, seconds, sha256, remote, state, code, attempts, words FROM file
WHERE message_id IN (SELECT CAST(value AS bigint) FROM json_array_elements_text(CAST(:ids AS json)))
ORDER BY message_id, id;

-- name: files.of_message
SELECT id, message_id, channel_id, kind, name, mime, size, seconds, sha256, remote, state, code, attempts, words
FROM file WHERE message_id = :message ORDER BY id;

-- name: files.one
SELECT id, message_id, channel_id, kind, name, mime, size, seconds, sha256, remote, state, code, attempts, words
FROM file WHERE id = :id;

-- name: files.newest
SELECT COALESCE(MAX(id), 0) FROM file;

-- name: files.stored
SELECT id, message_id, channel_id, kind, name, mime, size, seconds, sha256, remote, state, code, attempts, words FROM file
WHERE id IN (SELECT value FROM json_each(:ids)) AND state = 'here' AND sha256 <> '' ORDER BY id;

-- name: files.stored@postgresql
SELECT id, message_id, channel_id, kind, name, mime, size, seconds, sha256, remote, state, code, attempts, words FROM file
WHERE id IN (SELECT CAST(value AS bigint) FROM json_array_elements_text(CAST(:ids AS json)))
  AND state = 'here' AND sha256 <> '' ORDER BY id;

-- name: files.uses
SELECT (SELECT COUNT(*) FROM file WHERE sha256 = :sha256)
  + (SELECT COUNT(*) FROM arrived WHERE raw_sha256 = :sha256)
  + (SELECT COUNT(*) FROM quick_reply_file WHERE sha256 = :sha256)
  + (SELECT COUNT(*) FROM application WHERE document_sha256 = :sha256)
  + (SELECT COUNT(*) FROM crm_upload WHERE sha256 = :sha256);

-- name: files.wanted
SELECT id, message_id, channel_id, kind, name, mime, size, seconds, sha256, remote, state, code, attempts, words
FROM file WHERE channel_id = :channel AND state = 'wanted' AND next_at <= :now ORDER BY next_at, id LIMIT :n;

-- name: files.here
UPDATE file SET state = 'here', sha256 = :sha256, size = :size, code = '' WHERE id = :id;

-- name: files.later
UPDATE file SET attempts = attempts + 1, next_at = :next_at, code = :code WHERE id = :id;

-- name: files.missing
UPDATE file SET state = 'missing', code = :code WHERE id = :id;

-- name: early.keep
INSERT INTO early_news (channel_id, ext_id, state, code, detail, about, at)
VALUES (:channel, :ext_id, :state, :code, :detail, :about, :at);

-- name: early.keep_change
INSERT INTO early_news (channel_id, ext_id, state, code, detail, at, dialog_key, change)
VALUES (:channel, :ext_id, '', '', '', :at, :dialog_key, :change);

-- name: early.take
DELETE FROM early_news WHERE channel_id = :channel AND ext_id = :ext_id AND state <> ''
RETURNING id, state, code, detail, about;

-- name: early.told
SELECT 1 FROM early_news WHERE channel_id = :channel AND ext_id = :ext_id AND state <> '' LIMIT 1;

-- name: early.changes
SELECT id, change FROM early_news
WHERE channel_id = :channel AND ext_id = :ext_id AND dialog_key = :dialog_key AND change <> '' ORDER BY id;

-- name: early.move
UPDATE early_news SET dialog_key = :new_key WHERE channel_id = :channel AND dialog_key = :old_key;

-- name: early.ready
SELECT DISTINCT e.ext_id FROM early_news e
JOIN dialog d ON d.channel_id = e.channel_id AND d.key = e.dialog_key
JOIN message m ON m.dialog_id = d.id AND m.ext_id = e.ext_id
WHERE e.channel_id = :channel AND e.dialog_key = :dialog_key AND e.change <> '';

-- name: early.drop
DELETE FROM early_news WHERE id = :id;

-- name: early.forget
DELETE FROM early_news WHERE id IN (SELECT id FROM early_news WHERE at < :before LIMIT :n);

-- name: early.none_left
UPDATE dialog SET early = 0 WHERE early = 1 AND NOT EXISTS (
  SELECT 1 FROM early_news e WHERE e.channel_id = dialog.channel_id AND e.dialog_key = dialog.key AND e.change <> '');

-- name: messages.uncertain_count
SELECT COUNT(*) FROM message WHERE (state = 'uncertain' OR state = 'failed') AND state = 'uncertain';

-- name: messages.sent_since
SELECT id FROM message
WHERE channel_id = :channel AND direction = 'out' AND key IS NOT NULL AND at >= :since
  AND state IN ('sent', 'delivered', 'read') AND deleted_at IS NULL
  AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.message_id = message.id)
ORDER BY at, id;

-- name: buttons.put
INSERT INTO message_buttons (message_id, texts, listed, pressed) VALUES (:message, :texts, :listed, :pressed)
ON CONFLICT (message_id) DO NOTHING;

-- name: buttons.drop
DELETE FROM message_buttons WHERE message_id = :message;

-- name: buttons.before
SELECT m.direction, m.at, CASE WHEN b.listed = 1 THEN b.texts ELSE '' END
FROM message m LEFT JOIN message_buttons b ON b.message_id = m.id
WHERE m.dialog_id = :dialog AND m.id <> :message AND m.deleted_at IS NULL
  AND m.state NOT IN ('scheduled', 'queued', 'failed', 'cancelled')
  AND NOT (m.direction = 'in' AND COALESCE(b.pressed, '') <> '')
  AND NOT (m.direction = 'out' AND m.origin IN ('autoreply', 'rule') AND b.message_id IS NULL)
ORDER BY m.at DESC, m.id DESC LIMIT 1;

-- name: buttons.last_list
SELECT m.direction, m.at, b.texts FROM message m JOIN message_buttons b ON b.message_id = m.id
WHERE m.dialog_id = :dialog AND m.id <> :message AND m.at <= :before AND b.listed = 1 AND m.deleted_at IS NULL
  AND m.state NOT IN ('scheduled', 'queued', 'failed', 'cancelled')
ORDER BY m.at DESC, m.id DESC LIMIT 1;

-- name: buttons.of_messages
SELECT message_id, texts, listed, pressed FROM message_buttons
WHERE message_id IN (SELECT value FROM json_each(:ids));

-- name: buttons.of_messages@postgresql
SELECT message_id, texts, listed, pressed FROM message_buttons
WHERE message_id IN (SELECT CAST(value AS bigint) FROM json_array_elements_text(CAST(:ids AS json)));
