-- name: autorules.any
SELECT 1 FROM auto_rule WHERE enabled = 1 LIMIT 1;

-- name: autorules.all
SELECT id, line_id, position, name, kind, event, about, enabled, stop, condition, forms, acts, version, since, halted, overruns, otherwise
FROM auto_rule ORDER BY position, id;

-- name: autorules.working
SELECT id, line_id, position, name, kind, event, about, enabled, stop, condition, forms, acts, version, since, halted, overruns, otherwise
FROM auto_rule WHERE enabled = 1 AND halted = '' ORDER BY position, id;

-- name: autorules.halted
SELECT id, name, halted FROM auto_rule WHERE enabled = 1 AND halted <> '' ORDER BY id;

-- name: autorules.one
SELECT id, line_id, position, name, kind, event, about, enabled, stop, condition, forms, acts, version, since, halted, overruns, otherwise
FROM auto_rule WHERE id = :id;

-- name: autorules.add
INSERT INTO auto_rule (line_id, position, name, kind, event, about, enabled, stop, condition, forms, acts, version,
  since, halted, overruns, created_at, otherwise)
VALUES (:line, (SELECT COALESCE(MAX(position), 0) + 1 FROM auto_rule), :name, :kind, :event, :about, :enabled, :stop,
  :condition, :forms, :acts, 1, :since, '', 0, :now, :otherwise)
RETURNING id;

-- name: autorules.change
UPDATE auto_rule SET line_id = :line, name = :name, kind = :kind, event = :event, about = :about, enabled = :enabled,
  stop = :stop, condition = :condition, forms = :forms, acts = :acts, otherwise = :otherwise, version = version + 1, since = :since,
  halted = '', overruns = 0 WHERE id = :id;

-- name: autorules.switch
UPDATE auto_rule SET enabled = :enabled, since = :since, halted = '', overruns = 0 WHERE id = :id;

-- name: autorules.rest
UPDATE auto_rule SET halted = :why WHERE id = :id AND enabled = 0;

-- name: autorules.halt
UPDATE auto_rule SET halted = :why WHERE id = :id AND halted = '';

-- name: autorules.overran
UPDATE auto_rule SET overruns = overruns + 1 WHERE id = :id;

-- name: autorules.place
UPDATE auto_rule SET position = :position WHERE id = :id;

-- name: autorules.remove
DELETE FROM auto_rule WHERE id = :id;

-- name: autoacts.plan
INSERT INTO auto_act (rule_id, version, event, act, name, kind, dialog_id, message_id, waits_since, due_at, state, why,
  outcome, created_at, cause)
VALUES (:rule, :version, :journal, :nth, :name, :kind, :dialog, :message, :waits_since, :due, :state, :why, '', :now,
  :cause)
ON CONFLICT (rule_id, version, event, act) DO NOTHING
RETURNING id;

-- name: autoacts.next
SELECT id, rule_id, version, event, act, name, kind, dialog_id, message_id, waits_since, due_at, state, why, outcome, result, created_at, ended_at, cause
FROM auto_act WHERE (state = 'waiting' OR state = 'planned') AND due_at <= :now
ORDER BY CASE state WHEN 'planned' THEN 0 ELSE 1 END, due_at, id LIMIT 1;

-- name: autoacts.waits
SELECT DISTINCT a.dialog_id, a.rule_id, a.version FROM auto_act a JOIN dialog d ON d.id = a.dialog_id
WHERE a.dialog_id IN (SELECT value FROM json_each(:ids)) AND a.waits_since = d.waiting_since AND a.state <> 'cancelled';

-- name: autoacts.waits@postgresql
SELECT DISTINCT a.dialog_id, a.rule_id, a.version FROM auto_act a JOIN dialog d ON d.id = a.dialog_id
WHERE a.dialog_id IN (SELECT CAST(value AS bigint) FROM json_array_elements_text(CAST(:ids AS json))) AND a.waits_since = d.waiting_since
  AND a.state <> 'cancelled';

-- name: autoacts.go
UPDATE auto_act SET state = 'planned', why = :why WHERE id = :id AND state = 'waiting';

-- name: autoacts.later
UPDATE auto_act SET due_at = :due WHERE id = :id AND (state = 'waiting' OR state = 'planned');

-- name: autoacts.put_off
UPDATE auto_act SET due_at = :due WHERE rule_id = :rule AND cause = :cause AND state = 'planned' AND due_at <= :now;

-- name: autoacts.wrote_since
SELECT 1 FROM auto_act WHERE dialog_id = :dialog AND rule_id = :rule AND result IS NOT NULL AND ended_at > :since LIMIT 1;

-- name: autoacts.end
UPDATE auto_act SET state = :state, outcome = :outcome, result = :result, ended_at = :now
WHERE id = :id AND (state = 'waiting' OR state = 'planned');

-- name: autoacts.cancel
UPDATE auto_act SET state = 'cancelled', outcome = :outcome, ended_at = :now
WHERE rule_id = :rule AND (state = 'waiting' OR state = 'planned'
  OR (state = 'calling' AND id IN (SELECT act_id FROM auto_call WHERE claimed = 0)));

-- name: autoacts.done_since
SELECT COUNT(*) FROM auto_act WHERE rule_id = :rule AND (state = 'done' AND ended_at > :since
  OR state = 'calling' AND ended_at IS NULL AND due_at > :since);

-- name: autoacts.caused_since
SELECT COUNT(*) FROM auto_act WHERE rule_id = :rule AND cause = :cause AND (state = 'done' AND ended_at > :since
  OR state = 'calling' AND ended_at IS NULL AND due_at > :since);

-- name: autoacts.caused_in
SELECT COUNT(*) FROM auto_act WHERE rule_id = :rule AND cause = :cause AND dialog_id = :dialog
  AND (state = 'done' AND ended_at > :since OR state = 'calling' AND ended_at IS NULL AND due_at > :since);

-- name: autoacts.open
SELECT COUNT(*) FROM auto_act WHERE rule_id = :rule AND (state = 'waiting' OR state = 'planned');

-- name: autoacts.latest
SELECT id, rule_id, version, event, act, name, kind, dialog_id, message_id, waits_since, due_at, state, why, outcome, result, created_at, ended_at, cause
FROM auto_act WHERE (:rule = 0 OR rule_id = :rule) AND (:dialog = 0 OR dialog_id = :dialog) ORDER BY id DESC LIMIT :n;

-- name: autoacts.wrote
SELECT id, rule_id, version, event, act, name, kind, dialog_id, message_id, waits_since, due_at, state, why, outcome, result, created_at, ended_at, cause
FROM auto_act WHERE result IN (SELECT value FROM json_each(:ids)) ORDER BY id;

-- name: autoacts.wrote@postgresql
SELECT id, rule_id, version, event, act, name, kind, dialog_id, message_id, waits_since, due_at, state, why, outcome, result, created_at, ended_at, cause
FROM auto_act WHERE result IN (SELECT CAST(value AS bigint) FROM json_array_elements_text(CAST(:ids AS json))) ORDER BY id;

-- name: autoacts.about
SELECT id, rule_id, version, event, act, name, kind, dialog_id, message_id, waits_since, due_at, state, why, outcome, result, created_at, ended_at, cause
FROM auto_act WHERE dialog_id = :dialog AND message_id = :message ORDER BY id;

-- name: rules.lines
SELECT id, name FROM line ORDER BY id;

-- name: rules.channels
SELECT id, line_id, kind, title FROM channel ORDER BY id;

-- name: auto.places
SELECT d.id, d.line_id, d.channel_id, c.kind, d.kind, d.blocked, d.assignee, d.waiting_since
FROM dialog d JOIN channel c ON c.id = d.channel_id WHERE d.id IN (SELECT value FROM json_each(:ids));

-- name: auto.places@postgresql
SELECT d.id, d.line_id, d.channel_id, c.kind, d.kind, d.blocked, d.assignee, d.waiting_since
FROM dialog d JOIN channel c ON c.id = d.channel_id
WHERE d.id IN (SELECT CAST(value AS bigint) FROM json_array_elements_text(CAST(:ids AS json)));

-- name: auto.tags
SELECT dt.dialog_id, t.name FROM dialog_tag dt JOIN tag t ON t.id = dt.tag_id
WHERE dt.dialog_id IN (SELECT value FROM json_each(:ids));

-- name: auto.tags@postgresql
SELECT dt.dialog_id, t.name FROM dialog_tag dt JOIN tag t ON t.id = dt.tag_id
WHERE dt.dialog_id IN (SELECT CAST(value AS bigint) FROM json_array_elements_text(CAST(:ids AS json)));

-- name: auto.first_ever
SELECT m.id FROM message m WHERE m.id IN (SELECT value FROM json_each(:ids))
  AND (SELECT e.id FROM message e WHERE e.dialog_id = m.dialog_id AND e.direction = 'in' AND e.id < m.id
    ORDER BY e.at, e.id LIMIT 1) IS NULL;

-- name: auto.first_ever@postgresql
SELECT m.id FROM message m WHERE m.id IN (SELECT CAST(value AS bigint) FROM json_array_elements_text(CAST(:ids AS json)))
  AND (SELECT e.id FROM message e WHERE e.dialog_id = m.dialog_id AND e.direction = 'in' AND e.id < m.id
    ORDER BY e.at, e.id LIMIT 1) IS NULL;

-- name: auto.stored_at
SELECT stored_at FROM message WHERE id = :message;

-- name: auto.messages
SELECT m.id, m.dialog_id, m.channel_id, m.direction, m.origin, m.sender, m.author, m.author_phone,
  COALESCE(NULLIF(b.pressed, ''), m.text), m.automatic, m.at, m.stored_at, CASE WHEN b.pressed <> '' THEN 1 ELSE 0 END
FROM message m LEFT JOIN message_buttons b ON b.message_id = m.id WHERE m.id IN (SELECT value FROM json_each(:ids));

-- name: auto.messages@postgresql
SELECT m.id, m.dialog_id, m.channel_id, m.direction, m.origin, m.sender, m.author, m.author_phone,
  COALESCE(NULLIF(b.pressed, ''), m.text), m.automatic, m.at, m.stored_at, CASE WHEN b.pressed <> '' THEN 1 ELSE 0 END
FROM message m LEFT JOIN message_buttons b ON b.message_id = m.id WHERE m.id IN (SELECT CAST(value AS bigint) FROM json_array_elements_text(CAST(:ids AS json)));

-- name: auto.waited_at
SELECT m.at FROM message m WHERE m.dialog_id = :dialog AND m.direction = 'in' AND m.stored_at <= :until
  AND m.stored_at > :after AND m.id > :message AND m.at > COALESCE((
    SELECT o.at FROM message o WHERE o.dialog_id = :dialog AND o.direction = 'out' AND o.automatic = 0
      AND o.at <= :until AND o.state NOT IN ('cancelled', 'failed') ORDER BY o.at DESC, o.id DESC LIMIT 1), 0)
ORDER BY m.at, m.id LIMIT 1;

-- name: auto.spoke_between
SELECT 1 FROM message WHERE dialog_id = :dialog AND direction = 'out' AND automatic = 0 AND stored_at > :since
  AND stored_at <= :until AND state <> 'cancelled' LIMIT 1;

-- name: auto.heard_before
SELECT 1 FROM message WHERE dialog_id = :dialog AND direction = 'in' AND id < :message AND at >= :since LIMIT 1;

-- name: auto.heard_after
SELECT MIN(at) FROM message WHERE dialog_id = :dialog AND direction = 'in' AND id > :message
  AND stored_at > :until;

-- name: auto.unanswered
SELECT MAX(id) FROM message WHERE dialog_id = :dialog AND direction = 'in' AND at >= :since AND stored_at <= :until;

-- name: auto.spoke_since
SELECT author FROM message WHERE dialog_id = :dialog AND direction = 'out' AND automatic = 0 AND stored_at > :since
  AND state <> 'cancelled' ORDER BY id DESC LIMIT 1;

-- name: auto.wrote_between
SELECT 1 FROM message WHERE dialog_id = :dialog AND direction = 'out' AND automatic = 1 AND stored_at < :until
  AND (at > :since OR stored_at > :since) AND state <> 'cancelled' LIMIT 1;

-- name: autoquiet.put
INSERT INTO auto_quiet (dialog_id, at) VALUES (:dialog, :at)
ON CONFLICT (dialog_id) DO UPDATE SET at = excluded.at WHERE excluded.at > auto_quiet.at;

-- name: autoquiet.of
SELECT at FROM auto_quiet WHERE dialog_id = :dialog AND at > :since;

-- name: autoanswers.claim
INSERT INTO auto_answer (message_id, dialog_id, channel_id, at, wanted_by, timed)
VALUES (:message, :dialog, :channel, :now, :wanted_by, :timed)
ON CONFLICT (message_id) DO NOTHING
RETURNING id;

-- name: autoanswers.of
SELECT wanted_by FROM auto_answer WHERE message_id = :message;

-- name: autoanswers.settling
SELECT a.wanted_by FROM message m JOIN auto_answer a ON a.dialog_id = m.dialog_id AND a.at >= m.stored_at
WHERE m.id = :message ORDER BY a.at, a.id LIMIT 1;

-- name: autoanswers.of_dialog
SELECT COUNT(*) FROM auto_answer WHERE dialog_id = :dialog AND at > :since;

-- name: autoanswers.of_channel
SELECT COUNT(*) FROM auto_answer WHERE channel_id = :channel AND at > :since AND timed = 0;

-- name: autoanswers.nth_last
SELECT at FROM auto_answer WHERE channel_id = :channel ORDER BY at DESC LIMIT 1 OFFSET :before;

-- name: autostops.put
INSERT INTO auto_stop (channel_id, at) VALUES (:channel, :now) ON CONFLICT (channel_id) DO NOTHING;

-- name: autostops.lift
DELETE FROM auto_stop WHERE channel_id = :channel;

-- name: autostops.all
SELECT channel_id FROM auto_stop ORDER BY channel_id;

-- name: autostops.of
SELECT at FROM auto_stop WHERE channel_id = :channel;

-- name: autoanswers.forget
DELETE FROM auto_answer WHERE dialog_id = :dialog AND at < :before;

-- name: joining.acts
UPDATE auto_act SET dialog_id = :new WHERE dialog_id = :old;

-- name: joining.answers
UPDATE auto_answer SET dialog_id = :new WHERE dialog_id = :old;

-- name: retention.last_act
SELECT COALESCE(MAX(id), 0) FROM auto_act;

-- name: retention.act_at
SELECT id, created_at FROM auto_act WHERE id >= :id ORDER BY id LIMIT 1;

-- name: retention.old_acts
SELECT COUNT(*), COALESCE(MIN(id), 0) FROM auto_act WHERE id < :until AND created_at < :before AND ended_at IS NOT NULL;

-- name: retention.delete_acts
DELETE FROM auto_act WHERE id IN (
  SELECT id FROM auto_act WHERE id >= :first AND id < :until AND created_at < :before AND ended_at IS NOT NULL
  ORDER BY id LIMIT :n);

-- name: autoclock.put
INSERT INTO auto_clock (rule_id, looked_at, next_at) VALUES (:rule, :now, :now);

-- name: autoclock.forget
DELETE FROM auto_clock WHERE rule_id = :rule;

-- name: autoclock.next
SELECT rule_id, looked_at, next_at FROM auto_clock WHERE next_at <= :now OR next_at > :late ORDER BY next_at LIMIT 1;

-- name: autoclock.look
UPDATE auto_clock SET looked_at = :now, next_at = :next_at WHERE rule_id = :rule;

-- name: autorounds.begin
INSERT INTO auto_round (rule_id, line_id, due, after, next_at) VALUES (:rule, :line, :due, 0, :now)
ON CONFLICT (rule_id, line_id) DO NOTHING;

-- name: autorounds.next
SELECT rule_id, line_id, due, after, next_at FROM auto_round WHERE next_at <= :now OR next_at > :late
ORDER BY due, line_id LIMIT 1;

-- name: autorounds.go_on
UPDATE auto_round SET after = :after, next_at = :next_at WHERE rule_id = :rule AND line_id = :line;

-- name: autorounds.end
DELETE FROM auto_round WHERE rule_id = :rule AND line_id = :line;

-- name: autorounds.forget
DELETE FROM auto_round WHERE rule_id = :rule;

-- name: autorounds.waiting
SELECT id FROM dialog WHERE line_id = :line AND id > :after AND waiting_since IS NOT NULL ORDER BY id LIMIT :n;

-- name: autorounds.assigned
SELECT id FROM dialog WHERE line_id = :line AND id > :after AND assignee <> '' ORDER BY id LIMIT :n;

-- name: autorounds.tagged
SELECT d.id FROM dialog d WHERE d.line_id = :line AND d.id > :after AND EXISTS (
  SELECT 1 FROM dialog_tag x JOIN tag t ON t.id = x.tag_id
  WHERE x.dialog_id = d.id AND t.name IN (SELECT value FROM json_each(:tags)))
ORDER BY d.id LIMIT :n;

-- name: autorounds.tagged@postgresql
SELECT d.id FROM dialog d WHERE d.line_id = :line AND d.id > :after AND EXISTS (
  SELECT 1 FROM dialog_tag x JOIN tag t ON t.id = x.tag_id
  WHERE x.dialog_id = d.id AND t.name IN (SELECT value FROM json_array_elements_text(CAST(:tags AS json))))
ORDER BY d.id LIMIT :n;

-- name: autorounds.staged
SELECT d.id FROM dialog d WHERE d.line_id = :line AND d.id > :after AND EXISTS (
  SELECT 1 FROM crm_stage s WHERE s.dialog_id = d.id AND (s.stage IN (SELECT value FROM json_each(:stages))
    OR s.pipeline || '/' || s.stage IN (SELECT value FROM json_each(:stages))))
ORDER BY d.id LIMIT :n;

-- name: autorounds.staged@postgresql
SELECT d.id FROM dialog d WHERE d.line_id = :line AND d.id > :after AND EXISTS (
  SELECT 1 FROM crm_stage s WHERE s.dialog_id = d.id
    AND (s.stage IN (SELECT value FROM json_array_elements_text(CAST(:stages AS json)))
      OR s.pipeline || '/' || s.stage IN (SELECT value FROM json_array_elements_text(CAST(:stages AS json)))))
ORDER BY d.id LIMIT :n;

-- name: tags.worn
SELECT 1 FROM tag t JOIN dialog_tag x ON x.tag_id = t.id WHERE t.name = :name LIMIT 1;
