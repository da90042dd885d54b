-- name: joining.refs
SELECT ref FROM timer WHERE kind = 'join' ORDER BY ref;

-- name: joining.target
SELECT n.channel_id, n.key FROM dialog o JOIN dialog n ON n.id = :new WHERE o.id = :old;

-- name: joining.newest
SELECT at, id FROM message WHERE dialog_id = :old ORDER BY at DESC, id DESC LIMIT 1 OFFSET :skip;

-- name: joining.one
SELECT at, id FROM message WHERE channel_id = :channel AND ext_id = :ext_id AND dialog_id = :old
UNION ALL
SELECT m.at, m.id FROM message_part p JOIN message m ON m.id = p.message_id
WHERE p.dialog_id = :old AND p.ext_id = :ext_id AND m.dialog_id = :old
LIMIT 1;

-- name: joining.left
SELECT id FROM message WHERE dialog_id = :old LIMIT 1;

-- name: joining.stood_for
SELECT p.id, m.id, m.text FROM message m
JOIN message p ON +p.dialog_id = :new AND p.channel_id = m.channel_id AND p.ext_id = m.ext_id AND p.placeholder = 1
WHERE m.dialog_id = :old AND m.placeholder = 0
  AND (m.at, m.id) >= (:at, :id) AND (m.at, m.id) <= (:until_at, :until_id);

-- name: joining.drop_known
DELETE FROM message WHERE dialog_id = :old AND (at, id) >= (:at, :id) AND (at, id) <= (:until_at, :until_id)
  AND EXISTS (
    SELECT 1 FROM message n
    WHERE n.dialog_id = :new AND n.channel_id = message.channel_id AND n.ext_id = message.ext_id);

-- name: joining.parts
UPDATE message_part SET dialog_id = :new WHERE message_id IN (
  SELECT id FROM message WHERE dialog_id = :old AND (at, id) >= (:at, :id) AND (at, id) <= (:until_at, :until_id))
AND NOT EXISTS (SELECT 1 FROM message_part n WHERE n.dialog_id = :new AND n.ext_id = message_part.ext_id);

-- name: joining.attempts
UPDATE attempt SET dialog_id = :new WHERE message_id IN (
  SELECT id FROM message WHERE dialog_id = :old AND (at, id) >= (:at, :id) AND (at, id) <= (:until_at, :until_id));

-- name: joining.messages
UPDATE message SET dialog_id = :new WHERE dialog_id = :old AND (at, id) >= (:at, :id) AND (at, id) <= (:until_at, :until_id);

-- name: joining.answer_elsewhere
SELECT a.id, a.author, (SELECT COUNT(*) FROM message l WHERE l.dialog_id = :id AND l.direction = 'in' AND l.id > a.id)
FROM dialog d JOIN dialog o ON o.id = :other
JOIN message a ON a.dialog_id = o.id AND a.direction = 'out' AND a.automatic = 0
  AND a.state NOT IN ('scheduled', 'cancelled', 'failed')
WHERE d.id = :id AND d.waiting_since IS NOT NULL AND o.last_id IS NOT NULL AND a.id > (
  SELECT MIN(s.id) FROM message s WHERE s.dialog_id = d.id AND s.direction = 'in' AND s.at = d.waiting_since)
ORDER BY a.id DESC LIMIT 1;

-- name: joining.waits_since
UPDATE dialog SET unread = CASE WHEN unread > :later THEN :later ELSE unread END, waiting_since = (
  SELECT MIN(m.at) FROM message m WHERE m.dialog_id = dialog.id AND m.direction = 'in' AND m.id > :answer)
WHERE id = :id;

-- name: joining.absorb
UPDATE dialog SET heard_at = COALESCE(heard_at, (SELECT o.heard_at FROM dialog o WHERE o.id = :old)),
  unread = unread + (SELECT o.unread FROM dialog o WHERE o.id = :old),
  pinned = CASE WHEN pinned = 1 THEN 1 ELSE (SELECT o.pinned FROM dialog o WHERE o.id = :old) END,
  blocked = CASE WHEN blocked = 1 THEN 1 ELSE (SELECT o.blocked FROM dialog o WHERE o.id = :old) END,
  waiting_since = COALESCE(waiting_since, (SELECT o.waiting_since FROM dialog o WHERE o.id = :old)),
  waived_at = COALESCE(waived_at, (SELECT o.waived_at FROM dialog o WHERE o.id = :old)),
  contact_id = COALESCE(contact_id, (SELECT o.contact_id FROM dialog o WHERE o.id = :old)),
  assignee = CASE WHEN assignee <> '' THEN assignee ELSE (SELECT o.assignee FROM dialog o WHERE o.id = :old) END
WHERE id = :new;

-- name: joining.label
UPDATE dialog SET name = o.name, renamed = 1, search = o.search
FROM dialog o WHERE o.id = :old AND dialog.id = :new AND o.renamed = 1 AND dialog.renamed = 0;

-- name: joining.last
UPDATE dialog SET last_at = o.last_at, last_id = o.last_id, last_direction = o.last_direction,
  last_state = o.last_state, preview = o.preview
FROM dialog o WHERE o.id = :old AND dialog.id = :new AND o.last_at > dialog.last_at;

-- name: joining.outbox
UPDATE outbox SET dialog_id = :new WHERE dialog_id = :old;

-- name: joining.tags
INSERT INTO dialog_tag (dialog_id, tag_id) SELECT :new, tag_id FROM dialog_tag WHERE dialog_id = :old
ON CONFLICT DO NOTHING;

-- name: joining.members
INSERT INTO dialog_member (dialog_id, operator, role)
SELECT :new, operator, role FROM dialog_member WHERE dialog_id = :old
ON CONFLICT DO NOTHING;

-- name: joining.notes
UPDATE note SET dialog_id = :new WHERE dialog_id = :old;

-- name: joining.drop
DELETE FROM dialog WHERE id = :id;

-- name: joining.unread
INSERT INTO dialog_unread (operator, dialog_id, n)
SELECT operator, :new, n FROM dialog_unread WHERE dialog_id = :old
ON CONFLICT (operator, dialog_id) DO UPDATE SET n = dialog_unread.n + excluded.n;

-- name: joining.drafts
INSERT INTO draft (operator, dialog_id, sheet, at)
SELECT operator, :new, sheet, at FROM draft WHERE dialog_id = :old
ON CONFLICT DO NOTHING;

-- name: joining.empty
UPDATE dialog SET key = :key, unread = 0, waiting_since = NULL, pinned = 0, blocked = 0, renamed = 0, assignee = '',
  snoozed_until = NULL, last_at = 0, last_id = NULL, last_direction = '', last_state = '', preview = ''
WHERE id = :old;

-- name: joining.address
UPDATE dialog SET address = (SELECT n.address FROM dialog n WHERE n.id = :new) WHERE id = :old;

-- name: joining.drop_tags
DELETE FROM dialog_tag WHERE dialog_id = :old;

-- name: joining.drop_members
DELETE FROM dialog_member WHERE dialog_id = :old;

-- name: joining.drop_drafts
DELETE FROM draft WHERE dialog_id = :old;

-- name: joining.drop_unread
DELETE FROM dialog_unread WHERE dialog_id = :old;
