-- name: rules.revision
SELECT rules FROM crm_link WHERE id = :link;

-- name: rules.changed
UPDATE crm_link SET rules = rules + 1 WHERE id = :link;

-- name: rules.all
SELECT id, link_id, position, name, condition, forms, outcome, turn FROM crm_rule WHERE link_id = :link ORDER BY position, id;

-- name: rules.one
SELECT id, link_id, position, name, condition, forms, outcome, turn FROM crm_rule WHERE id = :id;

-- name: rules.turn
SELECT turn FROM crm_rule WHERE id = :id;

-- name: rules.add
INSERT INTO crm_rule (link_id, position, name, condition, forms, outcome, turn, created_at)
VALUES (:link, :position, :name, :condition, :forms, :outcome, 0, :now)
RETURNING id;

-- name: rules.change
UPDATE crm_rule SET name = :name, condition = :condition, forms = :forms, outcome = :outcome WHERE id = :id;

-- name: rules.place
UPDATE crm_rule SET position = :position WHERE id = :id;

-- name: rules.take_turn
UPDATE crm_rule SET turn = turn + 1 WHERE id = :id;

-- name: rules.remove
DELETE FROM crm_rule WHERE id = :id;

-- name: routes.find
SELECT message_id, rule_id, turn, card, at FROM crm_route WHERE pairing_id = :pairing AND chat = :chat;

-- name: routes.keep
INSERT INTO crm_route (pairing_id, chat, message_id, rule_id, turn, card, at)
VALUES (:pairing, :chat, :message, :rule, :turn, '', :at)
ON CONFLICT (pairing_id, chat) DO UPDATE SET message_id = excluded.message_id, rule_id = excluded.rule_id,
  turn = excluded.turn, card = '', at = excluded.at;

-- name: routes.made
UPDATE crm_route SET rule_id = :rule, card = :card WHERE pairing_id = :pairing AND chat = :chat;

-- name: routes.renew
UPDATE crm_route SET message_id = :message, rule_id = :rule, card = :card,
  turn = COALESCE((SELECT r.turn FROM crm_rule r WHERE r.id = :rule), 1) - 1,
  at = COALESCE((SELECT m.at FROM message m WHERE m.id = :message), at)
WHERE pairing_id = :pairing AND chat = :chat;
