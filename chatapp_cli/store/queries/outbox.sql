-- name: outbox.add
INSERT INTO outbox (message_id, dialog_id, channel_id, action, value, actor, priority, state, not_before, wait_code,
  attempts, claims, created_at)
VALUES (:message, :dialog, :channel, :action, :value, :actor, :priority, :state, :not_before, :wait_code, 0, 0, :now)
RETURNING id;

-- name: outbox.claim
UPDATE outbox SET state = 'claimed', claims = claims + 1, attempts = attempts + 1, wait_code = '', epoch = :epoch
WHERE :epoch = COALESCE((SELECT l.epoch FROM lease l), 0) AND id = (
  SELECT o.id FROM outbox o
  WHERE o.channel_id = :channel AND o.state = 'queued' AND +o.not_before <= :now
    AND NOT EXISTS (
      SELECT 1 FROM outbox p WHERE p.dialog_id = o.dialog_id AND p.id <> o.id AND (
        p.state = 'claimed' OR p.state = 'sending'
        OR (p.state = 'queued' AND (p.priority > o.priority OR (p.priority = o.priority AND p.id < o.id)))))
  ORDER BY o.priority DESC, o.id LIMIT 1)
RETURNING id, message_id, dialog_id, channel_id, action, value, actor, priority, state, not_before, wait_code,
  attempts, claims;

-- name: outbox.begin
UPDATE outbox SET state = 'sending' WHERE id = :id AND state = 'claimed' AND claims = :claims
  AND epoch = COALESCE((SELECT l.epoch FROM lease l), 0);

-- name: outbox.mine
SELECT dialog_id FROM outbox WHERE id = :id AND state IN ('claimed', 'sending') AND claims = :claims;

-- name: outbox.done
DELETE FROM outbox WHERE id = :id;

-- name: outbox.again
UPDATE outbox SET state = 'queued', not_before = :not_before, wait_code = :code,
  attempts = attempts - :uncounted
WHERE id = :id;

-- name: outbox.hold_dialog
UPDATE outbox SET not_before = :until, wait_code = :code
WHERE dialog_id = :dialog AND state = 'queued' AND not_before < :until;

-- name: outbox.hold_strangers
UPDATE outbox SET not_before = :until, wait_code = :code
WHERE channel_id = (SELECT a.channel_id FROM dialog a WHERE a.id = :dialog)
  AND state = 'queued' AND action = 'send' AND not_before < :until
  AND dialog_id IN (SELECT d.id FROM dialog d WHERE d.channel_id = outbox.channel_id AND d.heard_at IS NULL
    AND d.kind = 'private');

-- name: outbox.hold_phones
UPDATE outbox SET not_before = :until, wait_code = :code
WHERE channel_id = (SELECT a.channel_id FROM dialog a WHERE a.id = :dialog)
  AND state = 'queued' AND action = 'send' AND not_before < :until
  AND dialog_id IN (SELECT d.id FROM dialog d WHERE d.channel_id = outbox.channel_id AND d.address LIKE '+%');

-- name: outbox.release
UPDATE outbox SET not_before = 0, wait_code = ''
WHERE channel_id = :channel AND state = 'queued' AND not_before > :now AND wait_code NOT IN ('pace', 'held');

-- name: outbox.promote
UPDATE outbox SET state = 'queued' WHERE state = 'scheduled' AND not_before <= :now
RETURNING message_id, dialog_id, channel_id;

-- name: outbox.something_due
SELECT 1 FROM outbox WHERE state = 'scheduled' AND not_before <= :now LIMIT 1;

-- name: outbox.next_due
SELECT MIN(not_before) FROM outbox
WHERE channel_id = :channel AND state IN ('queued', 'scheduled') AND not_before > :now;

-- name: outbox.in_flight
SELECT id, message_id, dialog_id, channel_id, action, value, actor, priority, state, not_before, wait_code,
  attempts, claims
FROM outbox WHERE channel_id = :channel AND state IN ('claimed', 'sending')
  AND :epoch = COALESCE((SELECT l.epoch FROM lease l), 0)
ORDER BY id;

-- name: outbox.of_message
SELECT id, message_id, dialog_id, channel_id, action, value, actor, priority,
  CASE state WHEN 'claimed' THEN 'queued' ELSE state END, not_before, wait_code,
  attempts, claims
FROM outbox WHERE message_id = :message ORDER BY id;

-- name: outbox.of_dialog
SELECT id, message_id, dialog_id, channel_id, action, value, actor, priority, state, not_before, wait_code,
  attempts, claims
FROM outbox WHERE dialog_id = :dialog ORDER BY priority DESC, id;

-- name: outbox.withdraw
DELETE FROM outbox WHERE message_id = :message AND action = 'send' AND state IN ('queued', 'scheduled', 'claimed');

-- name: outbox.give_up
DELETE FROM outbox WHERE dialog_id = :dialog AND state = 'scheduled' AND wait_code = 'unless_heard'
  AND (SELECT automatic FROM message WHERE id = :message) = 0 RETURNING message_id;

-- name: outbox.reword
UPDATE message SET text = :text WHERE id = (SELECT message_id FROM outbox
  WHERE message_id = :message AND action = 'send' AND state IN ('queued', 'scheduled'));

-- name: outbox.reschedule
UPDATE outbox SET not_before = :at WHERE message_id = :message AND action = 'send' AND state = 'scheduled';

-- name: outbox.depth
SELECT channel_id, CASE state WHEN 'claimed' THEN 'queued' ELSE state END AS shown, COUNT(*) FROM outbox
GROUP BY channel_id, shown;

-- name: attempts.start
INSERT INTO attempt (message_id, channel_id, dialog_id, action, started_at, finished_at, verdict, code, detail, address,
  stranger)
VALUES (:message, :channel, :dialog, :action, :now, NULL, '', '', '', :address, :stranger);

-- name: attempts.finish
UPDATE attempt SET finished_at = :now, verdict = :verdict, code = :code, detail = :detail
WHERE id = (SELECT MAX(a.id) FROM attempt a WHERE a.message_id = :message AND a.finished_at IS NULL);

-- name: attempts.of_message
SELECT id, message_id, action, started_at, finished_at, verdict, code, detail
FROM attempt WHERE message_id = :message ORDER BY id;

-- name: attempts.latest
SELECT verdict, code, detail FROM attempt WHERE channel_id = :channel AND verdict <> ''
ORDER BY started_at DESC, id DESC LIMIT 3;

-- name: attempts.recent
SELECT COALESCE(NULLIF(a.address, ''), d.address), d.kind, a.stranger, a.started_at FROM attempt a JOIN dialog d ON d.id = a.dialog_id
WHERE a.channel_id = :channel AND a.started_at > :since AND a.action = 'send' ORDER BY a.started_at;

-- name: outbox.ahead
SELECT d.address, d.kind, CASE WHEN d.heard_at IS NULL AND d.kind = 'private' THEN 1 ELSE 0 END, o.not_before
FROM outbox o JOIN dialog d ON d.id = o.dialog_id
WHERE o.channel_id = :channel AND o.action = 'send' AND o.state IN ('queued', 'claimed', 'sending') AND o.priority >= :priority
  AND o.message_id < :before
ORDER BY o.priority DESC, o.id;

-- name: outbox.queue
SELECT o.message_id, d.address, d.kind, CASE WHEN d.heard_at IS NULL AND d.kind = 'private' THEN 1 ELSE 0 END,
  o.not_before
FROM outbox o JOIN dialog d ON d.id = o.dialog_id
WHERE o.channel_id = :channel AND o.action = 'send' AND o.state IN ('queued', 'claimed', 'sending')
ORDER BY o.priority DESC, o.id;

-- name: outbox.shift
UPDATE outbox SET not_before = not_before - :by WHERE state = 'queued' AND not_before > :now;

-- name: channels.shift
UPDATE channel SET paused_until = paused_until - CASE WHEN paused_until > :now THEN :by ELSE 0 END,
  strangers_until = strangers_until - CASE WHEN strangers_until > :now THEN :by ELSE 0 END
WHERE paused_until > :now OR strangers_until > :now;

-- name: files.shift
UPDATE file SET next_at = next_at - :by WHERE state = 'wanted' AND next_at > :now;
