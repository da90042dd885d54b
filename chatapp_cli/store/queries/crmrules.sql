-- name: rules.revision
SELECT rules FROM crm_link WHERE id = :link;

-- name: rules.changed
UPDATE crm_link SET rules = rules + 1 WHERE id = :link;

-- name: rules.all
SELECT id, link_id, position, name, condition, forms, outcome, turn, trouble FROM crm_rule WHERE link_id = :link ORDER BY position, id;

-- name: rules.one
SELECT id, link_id, position, name, condition, forms, outcome, turn, trouble FROM crm_rule WHERE id = :id;

-- name: rules.turn
SELECT turn FROM crm_rule WHERE id = :id;

-- name: rules.add
INSERT INTO crm_rule (link_id, position, name, condition, forms, outcome, turn, trouble, created_at)
VALUES (:link, :position, :name, :condition, :forms, :outcome, 0, '', :now)
RETURNING id;

-- name: rules.change
UPDATE crm_rule SET name = :name, condition = :condition, forms = :forms, outcome = :outcome,
  trouble = '' WHERE id = :id;

-- name: rules.place
UPDATE crm_rule SET position = :position WHERE id = :id;

-- name: rules.take_turn
UPDATE crm_rule SET turn = :turn WHERE id = :id AND turn < :turn;

-- name: rules.remove
DELETE FROM crm_rule WHERE id = :id;

-- name: routes.find
SELECT message_id, rule_id, card, at FROM crm_route WHERE pairing_id = :pairing AND chat = :chat;

-- name: routes.keep
INSERT INTO crm_route (pairing_id, chat, message_id, rule_id, card, at)
VALUES (:pairing, :chat, :message, :rule, '', :at)
ON CONFLICT (pairing_id, chat) DO UPDATE SET message_id = excluded.message_id, rule_id = excluded.rule_id,
  card = '', at = excluded.at;

-- name: routes.made
UPDATE crm_route SET rule_id = :rule, card = :card WHERE pairing_id = :pairing AND chat = :chat;

-- name: routes.renew
UPDATE crm_route SET message_id = :message, rule_id = :rule, card = :card,
  at = COALESCE((SELECT m.at FROM message m WHERE m.id = :message), at)
WHERE pairing_id = :pairing AND chat = :chat;

-- name: rules.sources_changed
UPDATE crm_link SET rules = rules + 1 WHERE rules > 0;

-- name: rules.seen
SELECT l.rules_seen_at, (SELECT MIN(r.created_at) FROM crm_rule r WHERE r.link_id = l.id) FROM crm_link l WHERE l.id = :link;

-- name: rules.looked
UPDATE crm_link SET rules_seen_at = :now WHERE id = :link AND rules_seen_at < :since;

-- name: rules.troubled
UPDATE crm_rule SET trouble = :trouble WHERE id = :id AND trouble <> :trouble;

-- name: rulesets.waits
SELECT MAX(id) FROM crm_entry WHERE link_id = :link AND act = 'add' AND state <> 'dead';

-- name: rulesets.last
SELECT MAX(last_entry) FROM crm_ruleset WHERE link_id = :link;

-- name: rulesets.keep
INSERT INTO crm_ruleset (link_id, last_entry, rules) VALUES (:link, :entry, :rules) RETURNING id;

-- name: rulesets.of
SELECT id FROM crm_ruleset WHERE link_id = :link AND last_entry >= :entry ORDER BY last_entry LIMIT 1;

-- name: rulesets.rules
SELECT rules FROM crm_ruleset WHERE id = :id;

-- name: rulesets.forget
DELETE FROM crm_ruleset WHERE link_id = :link AND NOT EXISTS (
  SELECT 1 FROM crm_entry e WHERE e.link_id = :link AND e.act = 'add' AND e.state <> 'dead'
    AND e.id <= crm_ruleset.last_entry);

-- name: rules.troubles
SELECT link_id, id, name, trouble FROM crm_rule WHERE trouble <> '' ORDER BY link_id, position;
