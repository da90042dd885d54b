-- Where a state is compared twice, as in "state <> 'done' AND state = 'new'", the first comparison is the condition of a
-- partial index: SQLite takes such an index only if the statement repeats its condition.
-- Where every arrival pays, the first chat in the order of chats.of_dialog is the least of texts that begin with what
-- orders it: for an ORDER BY, SQLite sets up a sorter even if there is no row.

-- name: links.all
SELECT k.id, k.kind, k.account, k.title, k.hook_key, k.settings, k.facts, k.revision, k.state, k.code, k.detail,
  k.state_since, k.look_at, k.proof_at, k.gap_from, k.gap_until, k.created_at,
  (SELECT COUNT(*) FROM crm_entry e WHERE e.link_id = k.id AND e.state <> 'dead'
    AND (e.act <> 'import' OR EXISTS (SELECT 1 FROM crm_pairing p WHERE p.id = e.pairing_id AND p.active = 1))),
  (SELECT COUNT(*) FROM crm_entry e WHERE e.link_id = k.id AND e.state = 'dead'),
  (SELECT COUNT(*) FROM crm_arrived a WHERE a.link_id = k.id AND a.state <> 'done' AND a.state = 'dead'),
  (SELECT MIN(e.created_at) FROM crm_entry e WHERE e.link_id = k.id AND e.state <> 'dead'
    AND (e.act NOT IN ('continue', 'result') OR e.tries > 0 OR e.code NOT IN ('', 'being_sent') OR e.not_before <= :now)
    AND (e.act <> 'import' OR EXISTS (SELECT 1 FROM crm_pairing p WHERE p.id = e.pairing_id AND p.active = 1))),
  (SELECT COUNT(*) FROM crm_arrived a WHERE a.link_id = k.id AND a.state <> 'done' AND a.state = 'new' AND a.tries > 0),
  (SELECT MIN(a.at) FROM crm_arrived a WHERE a.link_id = k.id AND a.state <> 'done' AND a.state = 'new' AND a.tries > 0),
  (SELECT o.value FROM stored_option o WHERE o.subject = 'ending' AND o.ref = k.id AND o.name = 'since')
FROM crm_link k ORDER BY k.id;

-- name: links.any
SELECT id FROM crm_link LIMIT 1;

-- name: links.one
SELECT k.id, k.kind, k.account, k.title, k.hook_key, k.settings, k.facts, k.revision, k.state, k.code, k.detail,
  k.state_since, k.look_at, k.proof_at, k.gap_from, k.gap_until, k.created_at,
  (SELECT COUNT(*) FROM crm_entry e WHERE e.link_id = k.id AND e.state <> 'dead'
    AND (e.act <> 'import' OR EXISTS (SELECT 1 FROM crm_pairing p WHERE p.id = e.pairing_id AND p.active = 1))),
  (SELECT COUNT(*) FROM crm_entry e WHERE e.link_id = k.id AND e.state = 'dead'),
  (SELECT COUNT(*) FROM crm_arrived a WHERE a.link_id = k.id AND a.state <> 'done' AND a.state = 'dead'),
  (SELECT MIN(e.created_at) FROM crm_entry e WHERE e.link_id = k.id AND e.state <> 'dead'
    AND (e.act NOT IN ('continue', 'result') OR e.tries > 0 OR e.code NOT IN ('', 'being_sent') OR e.not_before <= :now)
    AND (e.act <> 'import' OR EXISTS (SELECT 1 FROM crm_pairing p WHERE p.id = e.pairing_id AND p.active = 1))),
  (SELECT COUNT(*) FROM crm_arrived a WHERE a.link_id = k.id AND a.state <> 'done' AND a.state = 'new' AND a.tries > 0),
  (SELECT MIN(a.at) FROM crm_arrived a WHERE a.link_id = k.id AND a.state <> 'done' AND a.state = 'new' AND a.tries > 0),
  (SELECT o.value FROM stored_option o WHERE o.subject = 'ending' AND o.ref = k.id AND o.name = 'since')
FROM crm_link k WHERE k.id = :id;

-- name: links.secrets
SELECT secrets FROM crm_link WHERE id = :id;

-- name: links.next_hook_key
SELECT value FROM stored_option WHERE subject = :subject AND ref = 0 AND name = :name;

-- name: links.add
INSERT INTO crm_link (kind, account, title, hook_key, settings, facts, secrets, revision, state, code, detail,
  state_since, look_at, created_at)
VALUES (:kind, :account, :title, :hook_key, :settings, :facts, :secrets, 0, :state, :code, '', :now, 0, :now)
RETURNING id;

-- name: links.renew
UPDATE crm_link SET account = :account, title = :title, hook_key = :hook_key, settings = :settings, facts = :facts,
  secrets = :secrets, revision = revision + 1, state = :state, code = :code, detail = '', state_since = :now, look_at = 0
WHERE id = :id;

-- name: links.restart
UPDATE crm_link SET revision = revision + 1 WHERE id = :id;

-- name: links.set_state
UPDATE crm_link SET state = :state, code = :code, detail = :detail, look_at = :look_at,
  state_since = CASE WHEN state = :same_state AND code = :same_code THEN state_since ELSE :now END,
  proof_at = CASE WHEN :works = 1 THEN :now ELSE proof_at END
WHERE id = :id;

-- name: links.look_again
UPDATE crm_link SET look_at = :look_at WHERE id = :id;

-- name: links.learn
UPDATE crm_link SET tells = :tells WHERE id = :id AND tells <> :tells;

-- name: links.prove
UPDATE crm_link SET proof_at = :now WHERE id = :id;

-- name: links.open_gap
UPDATE crm_link SET gap_from = COALESCE(gap_from, proof_at, created_at), gap_until = :now WHERE id = :id;

-- name: links.close_gap
UPDATE crm_link SET gap_from = gap_until, gap_until = NULL WHERE id = :id AND gap_until IS NOT NULL;

-- name: links.remove
DELETE FROM crm_link WHERE id = :id;

-- name: linkmemory.known
SELECT name, value FROM crm_memory WHERE link_id = :link AND name LIKE :like ESCAPE '!';

-- name: linkmemory.keep
INSERT INTO crm_memory (link_id, name, value) VALUES (:link, :name, :sealed)
ON CONFLICT (link_id, name) DO UPDATE SET value = excluded.value;

-- name: linkmemory.forget
DELETE FROM crm_memory WHERE link_id = :link AND name = :name;

-- name: pairings.all
SELECT p.id, p.link_id, p.channel_id, c.line_id, l.name, p.kind, c.account, c.title, p.place, p.place_name, p.options,
  p.active, p.after, p.code, p.detail, p.created_at,
  (SELECT h.tries FROM crm_hold h WHERE h.pairing_id = p.id), p.makes, p.pipeline
FROM crm_pairing p JOIN channel c ON c.id = p.channel_id JOIN line l ON l.id = c.line_id
ORDER BY p.link_id, p.id;

-- name: pairings.one
SELECT p.id, p.link_id, p.channel_id, c.line_id, l.name, p.kind, c.account, c.title, p.place, p.place_name, p.options,
  p.active, p.after, p.code, p.detail, p.created_at,
  (SELECT h.tries FROM crm_hold h WHERE h.pairing_id = p.id), p.makes, p.pipeline
FROM crm_pairing p JOIN channel c ON c.id = p.channel_id JOIN line l ON l.id = c.line_id
WHERE p.id = :id;

-- name: pairings.add
INSERT INTO crm_pairing (link_id, channel_id, kind, place, place_name, makes, pipeline, options, active, after, code,
  detail, created_at)
VALUES (:link, :channel, :kind, :spot, :place_name, :makes, :pipeline, :options, 1,
  (SELECT COALESCE(MAX(m.id), 0) FROM message m), '', '', :now)
RETURNING id;

-- name: pairings.remember
INSERT INTO stored_option (subject, ref, name, value)
SELECT 'paired', p.channel_id, k.kind || ' ' || k.account, CAST(p.id AS TEXT)
FROM crm_pairing p JOIN crm_link k ON k.id = p.link_id WHERE p.link_id = :link
ON CONFLICT (subject, ref, name) DO UPDATE SET value = excluded.value;

-- name: pairings.remembered
UPDATE crm_pairing SET id = (
    SELECT CAST(o.value AS BIGINT) FROM stored_option o JOIN crm_link k ON o.name = k.kind || ' ' || k.account
    WHERE o.subject = 'paired' AND o.ref = crm_pairing.channel_id AND k.id = crm_pairing.link_id)
WHERE id = :id AND EXISTS (
    SELECT 1 FROM stored_option o JOIN crm_link k ON o.name = k.kind || ' ' || k.account
    WHERE o.subject = 'paired' AND o.ref = crm_pairing.channel_id AND k.id = crm_pairing.link_id);

-- name: pairings.again
UPDATE crm_pairing SET place = :spot, place_name = :place_name, makes = :makes, pipeline = :pipeline,
  options = :options, active = 1, code = '', detail = '',
  created_at = CASE WHEN active = 1 THEN created_at ELSE :now END,
  after = CASE WHEN active = 1 THEN after ELSE (SELECT COALESCE(MAX(m.id), 0) FROM message m) END
WHERE id = :id;

-- name: pairings.makes
UPDATE crm_pairing SET makes = :makes, pipeline = :pipeline
WHERE link_id = :link AND place = :spot AND (makes <> :makes OR pipeline <> :pipeline);

-- name: pairings.end
UPDATE crm_pairing SET active = 0, code = :code, detail = '' WHERE id = :id AND active = 1;

-- name: pairings.vacate
UPDATE crm_pairing SET place = '' || id || ' ' || place WHERE id = :id AND active = 0;

-- name: pairings.refuse
UPDATE crm_pairing SET code = :code, detail = :detail WHERE id = :id AND (code <> :code OR detail <> :detail);

-- name: pairings.misplace
UPDATE crm_pairing SET code = :code, detail = '' WHERE link_id = :link AND active = 1;

-- name: pairings.forget_entries
DELETE FROM crm_entry WHERE pairing_id = :id
  AND (act <> 'import' OR state = 'dead' OR (state <> 'sending' AND doubtful = 0));

-- name: pairings.of_dialog
SELECT p.id, p.link_id, p.after FROM dialog d JOIN crm_pairing p ON p.channel_id = d.channel_id AND p.active = 1
WHERE d.id = :dialog;

-- name: pairings.telling
SELECT p.id, p.link_id, p.after FROM dialog d JOIN crm_pairing p ON p.channel_id = d.channel_id AND p.active = 1
JOIN crm_link k ON k.id = p.link_id
WHERE d.id = :dialog AND k.tells LIKE :what;

-- name: pairings.typing
SELECT p.id FROM crm_pairing p JOIN crm_link k ON k.id = p.link_id
WHERE p.channel_id = :channel AND p.active = 1 AND k.tells LIKE :what LIMIT 1;

-- name: pairings.at
SELECT p.id, p.link_id, p.channel_id, c.line_id, l.name, p.kind, c.account, c.title, p.place, p.place_name, p.options,
  p.active, p.after, p.code, p.detail, p.created_at,
  (SELECT h.tries FROM crm_hold h WHERE h.pairing_id = p.id), p.makes, p.pipeline
FROM crm_pairing p JOIN channel c ON c.id = p.channel_id JOIN line l ON l.id = c.line_id
WHERE p.link_id = :link AND p.kind = :kind AND p.place = :spot;

-- name: holds.begin
INSERT INTO crm_hold (pairing_id, until, tries, entry_id) VALUES (:pairing, :now, 0, NULL)
ON CONFLICT (pairing_id) DO NOTHING;

-- name: holds.tries
SELECT tries FROM crm_hold WHERE pairing_id = :id;

-- name: holds.due
SELECT MIN(h.until) FROM crm_hold h JOIN crm_pairing p ON p.id = h.pairing_id WHERE p.link_id = :link AND h.until > 0;

-- name: holds.ready
SELECT h.pairing_id FROM crm_hold h JOIN crm_pairing p ON p.id = h.pairing_id WHERE p.link_id = :link AND h.until = 0;

-- name: holds.waits
SELECT e.id FROM crm_entry e WHERE e.link_id = :link AND e.state <> 'dead' AND e.pairing_id = :pairing
  AND e.act NOT IN ('owner', 'failed', 'texted', 'comment', 'continue', 'result', 'remark') LIMIT 1;

-- name: holds.try
UPDATE crm_hold SET until = 0 WHERE pairing_id = :pairing;

-- name: holds.put_off
UPDATE crm_hold SET until = :until, tries = tries + 1, entry_id = :entry WHERE pairing_id = :pairing;

-- name: holds.hurry
UPDATE crm_hold SET until = :now WHERE until > 0
  AND pairing_id IN (SELECT p.id FROM crm_pairing p WHERE p.link_id = :link);

-- name: holds.shift
UPDATE crm_hold SET until = until - :by WHERE until > :now;

-- name: holds.of_entry
SELECT pairing_id FROM crm_hold WHERE entry_id = :id;

-- name: holds.end
DELETE FROM crm_hold WHERE pairing_id = :pairing;

-- name: ledger.add
INSERT INTO crm_entry (link_id, pairing_id, dialog_id, chat, message_id, remote, employee, reason, act, rank, state, doubtful,
  not_before, tries, claims, epoch, code, detail, created_at)
VALUES (:link, :pairing, :dialog, :chat, :message, :remote, :employee, :reason, :act, :rank, 'waiting', 0, :not_before, 0, 0, 0, '',
  '', :now)
RETURNING id;

-- name: ledger.add_new
INSERT INTO crm_entry (link_id, pairing_id, dialog_id, chat, message_id, remote, employee, reason, act, rank, state, doubtful,
  not_before, tries, claims, epoch, code, detail, created_at)
SELECT p.link_id, p.id, :dialog, COALESCE((
    SELECT SUBSTR(MIN((1000000 + c.closed * 1000000 + LENGTH(c.chat)) || c.chat), 8)
    FROM crm_dialog c WHERE c.dialog_id = :dialog AND c.pairing_id = p.id
  ), :chat), :message, '', '', '', 'add', :rank, 'waiting', 0, 0, 0, 0, 0, '', '', :now
FROM crm_pairing p WHERE p.channel_id = :channel AND p.active = 1 AND p.after < :message;

-- name: ledger.add_once
INSERT INTO crm_entry (link_id, pairing_id, dialog_id, chat, message_id, remote, employee, reason, act, rank, state, doubtful,
  not_before, tries, claims, epoch, code, detail, created_at)
SELECT p.link_id, p.id, :dialog, COALESCE((
    SELECT SUBSTR(MIN((1000000 + c.closed * 1000000 + LENGTH(c.chat)) || c.chat), 8)
    FROM crm_dialog c WHERE c.dialog_id = :dialog AND c.pairing_id = p.id
  ), :chat), :message, '', '', '', 'add', :rank, 'waiting', 0, 0, 0, 0, 0, '', '', :now
FROM crm_pairing p WHERE p.channel_id = :channel AND p.active = 1 AND p.after < :message
  AND NOT EXISTS (SELECT 1 FROM crm_message m WHERE m.message_id = :message AND m.link_id = p.link_id)
  AND NOT EXISTS (SELECT 1 FROM crm_entry e WHERE e.message_id = :message AND e.link_id = p.link_id AND e.act = 'add');

-- name: ledger.known
SELECT link_id, chat, remote, came, employee, told FROM crm_message WHERE message_id = :message;

-- name: ledger.waits
SELECT id FROM crm_entry WHERE message_id = :message AND link_id = :link AND act = :act
  AND (state = 'waiting' OR act = 'add') LIMIT 1;

-- name: ledger.asked
SELECT chat FROM crm_entry WHERE message_id = :message AND link_id = :link AND act IN ('add', 'import') LIMIT 1;

-- name: ledger.told
UPDATE crm_message SET told = :told WHERE link_id = :link AND message_id = :message AND told <> :told;

-- name: ledger.withdraw
DELETE FROM crm_entry WHERE message_id = :message AND link_id = :link AND act IN ('add', 'import', 'edit', 'delete')
  AND state = 'waiting' AND doubtful = 0;

-- name: ledger.overtake
DELETE FROM crm_entry WHERE message_id = :message AND link_id = :link AND act = 'delivered' AND state = 'waiting'
  AND doubtful = 0;

-- name: ledger.claim
UPDATE crm_entry SET state = 'claimed', claims = claims + 1, tries = tries + 1, epoch = :epoch
WHERE :epoch = COALESCE((SELECT l.epoch FROM lease l), 0) AND id IN (
  SELECT e.id FROM crm_entry e
  WHERE e.link_id = :link AND e.state <> 'dead' AND e.state = 'waiting' AND e.not_before <= :now AND e.act <> 'import'
    AND (e.act IN ('owner', 'failed', 'texted', 'comment', 'continue', 'result', 'remark')
      OR NOT EXISTS (SELECT 1 FROM crm_hold h WHERE h.pairing_id = e.pairing_id))
    AND NOT EXISTS (
      SELECT 1 FROM crm_entry p
      WHERE p.dialog_id = e.dialog_id AND p.link_id = e.link_id AND p.id < e.id AND p.state <> 'dead'
        AND (p.act <> 'import' OR p.state <> 'waiting')
        AND (p.act NOT IN ('owner', 'delivered', 'failed', 'read', 'react', 'remark')
          OR e.act IN ('owner', 'delivered', 'failed', 'read', 'react', 'remark')))
  ORDER BY e.rank, e.id LIMIT :n)
RETURNING id, link_id, pairing_id, dialog_id, chat, message_id, remote, employee, reason, act, rank, state, doubtful, not_before,
  tries, claims, code, detail, created_at;

-- name: ledger.claim_history
UPDATE crm_entry SET state = 'claimed', claims = claims + 1, tries = tries + 1, epoch = :epoch
WHERE :epoch = COALESCE((SELECT l.epoch FROM lease l), 0) AND id IN (
  SELECT e.id FROM crm_entry e
  WHERE e.link_id = :link AND e.state <> 'dead' AND e.state = 'waiting' AND e.act = 'import' AND e.not_before <= :now
    AND EXISTS (SELECT 1 FROM crm_pairing a WHERE a.id = e.pairing_id AND a.active = 1)
    AND NOT EXISTS (SELECT 1 FROM crm_hold h WHERE h.pairing_id = e.pairing_id)
    AND NOT EXISTS (
      SELECT 1 FROM crm_entry p
      WHERE p.dialog_id = e.dialog_id AND p.link_id = e.link_id AND p.id <> e.id AND p.state <> 'dead'
        AND (p.act <> 'import' OR p.id < e.id))
    AND NOT EXISTS (
      SELECT 1 FROM crm_entry f
      WHERE f.link_id = e.link_id AND f.state <> 'dead' AND f.state <> 'waiting' AND f.act = 'import')
  ORDER BY e.rank, e.id LIMIT :n)
RETURNING id, link_id, pairing_id, dialog_id, chat, message_id, remote, employee, reason, act, rank, state, doubtful, not_before,
  tries, claims, code, detail, created_at;

-- name: ledger.claim_held
UPDATE crm_entry SET state = 'claimed', claims = claims + 1, tries = tries + 1, epoch = :epoch
WHERE :epoch = COALESCE((SELECT l.epoch FROM lease l), 0) AND id = (
  SELECT e.id FROM crm_entry e
  WHERE e.link_id = :link AND e.state <> 'dead' AND e.state = 'waiting' AND e.not_before <= :now
    AND e.pairing_id = :pairing AND e.act NOT IN ('owner', 'failed', 'texted', 'comment', 'continue', 'result', 'remark')
    AND NOT EXISTS (
      SELECT 1 FROM crm_entry p
      WHERE p.dialog_id = e.dialog_id AND p.link_id = e.link_id AND p.id < e.id AND p.state <> 'dead'
        AND (p.act <> 'import' OR p.state <> 'waiting')
        AND (p.act NOT IN ('owner', 'delivered', 'failed', 'read', 'react', 'remark')
          OR e.act IN ('owner', 'delivered', 'failed', 'read', 'react', 'remark')))
  ORDER BY CASE WHEN e.code <> '' THEN 0 WHEN e.act <> 'import' THEN 1 ELSE 2 END, e.id LIMIT 1)
RETURNING id, link_id, pairing_id, dialog_id, chat, message_id, remote, employee, reason, act, rank, state, doubtful, not_before,
  tries, claims, code, detail, created_at;

-- name: ledger.begin
UPDATE crm_entry SET state = 'sending' WHERE id = :id AND state = 'claimed' AND claims = :claims
  AND epoch = COALESCE((SELECT l.epoch FROM lease l), 0);

-- name: ledger.mine
SELECT dialog_id, message_id FROM crm_entry WHERE id = :id AND state IN ('claimed', 'sending') AND claims = :claims;

-- name: ledger.done
DELETE FROM crm_entry WHERE id = :id;

-- name: ledger.again
UPDATE crm_entry SET state = 'waiting', not_before = :not_before, code = :code, detail = :detail,
  doubtful = doubtful + :doubtful, tries = tries - :uncounted
WHERE id = :id;

-- name: ledger.certain
UPDATE crm_entry SET state = 'waiting', doubtful = 0, not_before = 0, tries = tries - 1 WHERE id = :id;

-- name: ledger.hurry
UPDATE crm_entry SET not_before = 0 WHERE link_id = :link AND state <> 'dead' AND state = 'waiting'
  AND (act NOT IN ('continue', 'result') OR tries > 0 OR code <> '');

-- name: ledger.die
UPDATE crm_entry SET state = 'dead', code = :code, detail = :detail WHERE id = :id;

-- name: ledger.recover
UPDATE crm_entry SET doubtful = CASE WHEN state = 'sending' AND doubtful = 0 THEN 1 ELSE doubtful END, state = 'waiting',
  not_before = 0
WHERE link_id = :link AND state IN ('claimed', 'sending') AND :epoch = COALESCE((SELECT l.epoch FROM lease l), 0);

-- name: ledger.next_due
SELECT MIN(not_before) FROM crm_entry WHERE link_id = :link AND state = 'waiting' AND not_before > :now;

-- name: ledger.struggle
SELECT code, detail FROM crm_entry WHERE link_id = :link AND state <> 'dead' AND tries >= :n AND code <> ''
ORDER BY tries DESC, id LIMIT 1;

-- name: ledger.shift
UPDATE crm_entry SET not_before = not_before - :by WHERE state <> 'dead' AND not_before > :now;

-- name: ledger.retry
UPDATE crm_entry SET state = 'waiting', not_before = 0, tries = 0, code = '', detail = '' WHERE id = :id AND state = 'dead';

-- name: ledger.drop
DELETE FROM crm_entry WHERE id = :id AND state IN ('dead', 'waiting');

-- name: ledger.shown
SELECT e.id, e.link_id, k.title, e.dialog_id, COALESCE(d.name, ''), e.message_id, e.act, e.state, e.doubtful, e.not_before, e.tries,
  e.code, e.detail, e.created_at, COALESCE(m.text, ''), e.remote
FROM crm_entry e JOIN crm_link k ON k.id = e.link_id LEFT JOIN dialog d ON d.id = e.dialog_id
LEFT JOIN message m ON m.id = e.message_id
ORDER BY CASE e.state WHEN 'dead' THEN 0 ELSE 1 END, e.id LIMIT :n;

-- name: ledger.one
SELECT e.id, e.link_id, k.title, e.dialog_id, COALESCE(d.name, ''), e.message_id, e.act, e.state, e.doubtful, e.not_before, e.tries,
  e.code, e.detail, e.created_at, COALESCE(m.text, ''), e.remote
FROM crm_entry e JOIN crm_link k ON k.id = e.link_id LEFT JOIN dialog d ON d.id = e.dialog_id
LEFT JOIN message m ON m.id = e.message_id
WHERE e.id = :id;

-- name: ledger.of_message
SELECT e.id, e.link_id, k.title, e.dialog_id, COALESCE(d.name, ''), e.message_id, e.act, e.state, e.doubtful, e.not_before, e.tries,
  e.code, e.detail, e.created_at, COALESCE(m.text, ''), e.remote
FROM crm_entry e JOIN crm_link k ON k.id = e.link_id LEFT JOIN dialog d ON d.id = e.dialog_id
JOIN message m ON m.id = e.message_id
WHERE e.message_id = :message ORDER BY e.id;

-- name: ledger.of_dialog
SELECT e.id, e.link_id, k.title, e.dialog_id, d.name, e.message_id, e.act, e.state, e.doubtful, e.not_before, e.tries,
  e.code, e.detail, e.created_at, COALESCE(m.text, ''), e.remote
FROM crm_entry e JOIN crm_link k ON k.id = e.link_id JOIN dialog d ON d.id = e.dialog_id
LEFT JOIN message m ON m.id = e.message_id
WHERE e.link_id = :link AND e.dialog_id = :dialog
ORDER BY CASE e.state WHEN 'dead' THEN 1 ELSE 0 END, e.id LIMIT 1;

-- name: ledger.dead
SELECT id FROM crm_entry WHERE state = 'dead' AND (:link = 0 OR link_id = :link) ORDER BY id;

-- name: ledger.keep_message
INSERT INTO crm_message (link_id, message_id, chat, remote, came, employee, told)
VALUES (:link, :message, :chat, :remote, :came, :employee, '')
ON CONFLICT (link_id, message_id) DO UPDATE SET remote = CASE WHEN excluded.remote <> '' THEN excluded.remote
  ELSE crm_message.remote END;

-- name: ledger.becomes
UPDATE crm_message SET message_id = :new WHERE message_id = :old
  AND NOT EXISTS (SELECT 1 FROM crm_message k WHERE k.message_id = :new AND k.link_id = crm_message.link_id);

-- name: ledger.becomes_entry
UPDATE crm_entry SET message_id = :new WHERE message_id = :old;

-- name: texts.keep
INSERT INTO crm_text (link_id, remote, message_id, employee, told) VALUES (:link, :remote, :message, :employee, :told)
ON CONFLICT DO NOTHING;

-- name: texts.of_message
SELECT link_id, remote, employee FROM crm_text WHERE message_id = :message;

-- name: texts.told
UPDATE crm_text SET told = :told WHERE link_id = :link AND message_id = :message AND told <> :told;

-- name: steps.open
SELECT id FROM crm_entry WHERE link_id = :link AND remote = :remote AND act = :act AND state <> 'dead' LIMIT 1;

-- name: steps.may_be_told
SELECT id FROM crm_entry WHERE link_id = :link AND remote = :remote AND act = 'continue' AND state <> 'dead'
  AND (state = 'sending' OR doubtful > 0);

-- name: steps.requests
SELECT event FROM crm_arrived WHERE link_id = :link AND event LIKE :event ESCAPE '!' ORDER BY id DESC LIMIT :n;

-- name: steps.gone_on
DELETE FROM crm_entry WHERE id = :id AND (state = 'sending' OR doubtful > 0);

-- name: steps.begun
SELECT r.id FROM crm_entry e JOIN robot_run r ON r.entry_id = e.id
WHERE e.link_id = :link AND e.remote = :remote AND e.act = 'continue' AND e.state <> 'dead'
  AND e.state = 'waiting' AND e.tries = 0 AND e.not_before > :now LIMIT 1;

-- name: steps.groups
SELECT DISTINCT d.id FROM dialog d JOIN message m ON m.dialog_id = d.id
WHERE d.channel_id = :channel AND d.kind = 'group' AND m.direction = 'in' AND m.sender IN (
  SELECT own.sender FROM message own WHERE own.dialog_id = :dialog AND own.direction = 'in' AND own.sender <> '')
ORDER BY d.id LIMIT :n;

-- name: uploads.count
SELECT COUNT(*) FROM crm_upload WHERE link_id = :link;

-- name: uploads.add
INSERT INTO crm_upload (link_id, key, sha256, name, mime, size, kind, at, asked_at)
VALUES (:link, :remote, :sha256, :name, :mime, :size, :kind, :now, NULL);

-- name: uploads.one
SELECT name, mime, size, sha256, kind FROM crm_upload WHERE link_id = :link AND key = :remote;

-- name: uploads.asked
UPDATE crm_upload SET asked_at = :now WHERE link_id = :link AND key = :remote;

-- name: uploads.sweep
DELETE FROM crm_upload WHERE (asked_at IS NULL AND at < :before) OR asked_at < :until;

-- name: ledger.message_of
SELECT k.message_id FROM crm_message k JOIN message m ON m.id = k.message_id
WHERE k.link_id = :link AND k.remote = :remote AND k.remote <> '' AND k.came = 1;

-- name: ledger.changed
UPDATE crm_message SET changed_at = :at WHERE link_id = :link AND message_id = :message AND changed_at <= :at;

-- name: ledger.has_sent
SELECT message_id FROM crm_message WHERE link_id = :link AND message_id = :message AND came = 1;

-- name: chats.keep
INSERT INTO crm_dialog (pairing_id, chat, dialog_id, remote, session, code, seen, closed)
VALUES (:pairing, :chat, :dialog, :remote, :session, '', '', 0)
ON CONFLICT (pairing_id, chat) DO UPDATE SET
  remote = CASE WHEN excluded.remote <> '' THEN excluded.remote ELSE crm_dialog.remote END,
  session = CASE WHEN excluded.session <> '' THEN excluded.session ELSE crm_dialog.session END,
  closed = 0;

-- name: chats.of_dialog
SELECT pairing_id, dialog_id, chat, remote, session, closed, owner, owner_at, owner_card, owner_way, owner_synced
FROM crm_dialog
WHERE dialog_id = :dialog AND pairing_id = :pairing ORDER BY closed, LENGTH(chat), chat LIMIT 1;

-- name: chats.find
SELECT pairing_id, dialog_id, chat, remote, session, closed, owner, owner_at, owner_card, owner_way, owner_synced
FROM crm_dialog
WHERE pairing_id = :pairing AND chat = :chat;

-- name: chats.by_remote
SELECT pairing_id, dialog_id, chat, remote, session, closed, owner, owner_at, owner_card, owner_way, owner_synced
FROM crm_dialog
WHERE pairing_id = :pairing AND remote = :remote AND remote <> '';

-- name: chats.of_link
SELECT h.pairing_id, h.dialog_id, h.chat, h.remote, h.session, h.closed, h.owner, h.owner_at, h.owner_card, h.owner_way,
  h.owner_synced
FROM crm_dialog h JOIN crm_pairing p ON p.id = h.pairing_id
WHERE p.link_id = :link AND p.active = 1 AND h.remote <> '' ORDER BY h.pairing_id, h.chat;

-- name: chats.conversation
UPDATE crm_dialog SET session = CASE WHEN :session <> '' THEN :session ELSE session END, closed = :closed
WHERE pairing_id = :pairing AND chat = :chat;

-- name: owners.of_dialog
SELECT p.id, p.link_id, p.after, p.options FROM dialog d
JOIN crm_pairing p ON p.channel_id = d.channel_id AND p.active = 1
WHERE d.id = :dialog;

-- name: owners.heard
UPDATE crm_dialog SET owner = :owner, owner_at = CASE WHEN :at > owner_at THEN :at ELSE owner_at END,
  owner_card = :card, owner_way = 'from_crm', owner_synced = :now
WHERE pairing_id = :pairing AND chat = :chat;

-- name: owners.told
UPDATE crm_dialog SET owner = :owner, owner_card = '', owner_way = 'to_crm', owner_synced = :now
WHERE pairing_id = :pairing AND chat = :chat;

-- name: owners.waiting
SELECT created_at FROM crm_entry WHERE dialog_id = :dialog AND link_id = :link AND act = 'owner' AND state <> 'dead'
ORDER BY id DESC LIMIT 1;

-- name: owners.withdraw
DELETE FROM crm_entry WHERE dialog_id = :dialog AND link_id = :link AND act = 'owner' AND state = 'waiting';

-- name: owners.employees
SELECT DISTINCT h.pairing_id, h.owner FROM crm_dialog h JOIN crm_pairing p ON p.id = h.pairing_id
WHERE p.link_id = :link AND p.active = 1 AND h.owner <> ''
  AND NOT EXISTS (SELECT 1 FROM crm_employee e WHERE e.link_id = p.link_id AND e.employee = h.owner)
ORDER BY h.pairing_id, h.owner;

-- name: owners.operators
SELECT DISTINCT h.pairing_id, d.assignee FROM crm_dialog h JOIN crm_pairing p ON p.id = h.pairing_id
JOIN dialog d ON d.id = h.dialog_id
WHERE p.link_id = :link AND p.active = 1 AND d.assignee <> ''
  AND NOT EXISTS (SELECT 1 FROM crm_employee e WHERE e.link_id = p.link_id AND e.operator = d.assignee AND e.employee <> '')
ORDER BY h.pairing_id, d.assignee;

-- name: chats.join
UPDATE crm_dialog SET dialog_id = :new WHERE dialog_id = :old;

-- name: chats.joinentries
UPDATE crm_entry SET dialog_id = :new WHERE dialog_id = :old;

-- name: crmevents.keep
INSERT INTO crm_arrived (link_id, provider_id, event, raw, state, problem, tries, next_at, at)
VALUES (:link, :provider_id, :event, :raw, :state, :problem, 0, 0, :now)
ON CONFLICT DO NOTHING RETURNING id;

-- name: crmevents.open
SELECT id, link_id, provider_id, event, raw, state, problem, tries, next_at, at FROM crm_arrived
WHERE link_id = :link AND state <> 'done' AND state = 'new' AND event NOT LIKE :cards ESCAPE '!' ORDER BY id LIMIT :n;

-- name: crmevents.changes
SELECT id, link_id, provider_id, event, raw, state, problem, tries, next_at, at FROM crm_arrived
WHERE link_id = :link AND state <> 'done' AND state = 'new' AND (event LIKE :edits ESCAPE '!' OR event LIKE :deletions ESCAPE '!')
ORDER BY id;

-- name: crmevents.cards
SELECT id, link_id, provider_id, event, raw, state, problem, tries, next_at, at FROM crm_arrived
WHERE link_id = :link AND state <> 'done' AND state = 'new' AND next_at <= :now AND event LIKE :cards ESCAPE '!'
ORDER BY id LIMIT :n;

-- name: crmevents.named
SELECT id, link_id, provider_id, event, raw, state, problem, tries, next_at, at FROM crm_arrived
WHERE link_id = :link AND provider_id = :provider_id AND state = 'new';

-- name: crmevents.next_due
SELECT MIN(next_at) FROM crm_arrived
WHERE link_id = :link AND state <> 'done' AND state = 'new' AND next_at > :now AND event NOT LIKE :cards;

-- name: crmevents.next_card_due
SELECT MIN(next_at) FROM crm_arrived
WHERE link_id = :link AND state <> 'done' AND state = 'new' AND next_at > :now AND event LIKE :cards;

-- name: crmevents.done
UPDATE crm_arrived SET state = 'done', problem = '' WHERE id = :id AND state <> 'done';

-- name: crmevents.later
UPDATE crm_arrived SET next_at = :next_at, tries = tries + 1, problem = :problem WHERE id = :id AND state = 'new';

-- name: crmevents.die
UPDATE crm_arrived SET state = 'dead', problem = :problem WHERE id = :id AND state = 'new';

-- name: crmevents.dead
SELECT a.id, a.link_id, k.title, a.provider_id, a.problem, a.at
FROM crm_arrived a JOIN crm_link k ON k.id = a.link_id
WHERE a.state <> 'done' AND a.state = 'dead' ORDER BY a.id LIMIT :n;

-- name: crmevents.letter
SELECT id, link_id, provider_id, event, raw, state, problem, tries, next_at, at FROM crm_arrived
WHERE id = :id AND state = 'dead';

-- name: crmevents.put_off
SELECT id, link_id, event, problem, tries, next_at, at FROM crm_arrived
WHERE link_id = :link AND state <> 'done' AND state = 'new' AND tries > 0 ORDER BY id LIMIT :n;

-- name: crmevents.revive
UPDATE crm_arrived SET state = 'new', next_at = 0, tries = 0 WHERE id = :id AND state = 'dead' RETURNING link_id;

-- name: crmevents.drop
UPDATE crm_arrived SET state = 'done', problem = '' WHERE id = :id AND state = 'dead';

-- name: crmevents.sweep
DELETE FROM crm_arrived WHERE id IN (
  SELECT a.id FROM crm_arrived a WHERE a.state = 'done' AND a.at < :before ORDER BY a.id LIMIT :n);

-- name: crmevents.shift
UPDATE crm_arrived SET next_at = next_at - :by WHERE state <> 'done' AND next_at > :now;

-- name: crmevents.forget
DELETE FROM crm_arrived WHERE id = :id AND state <> 'dead';

-- name: imports.count
SELECT COUNT(*) FROM message m
WHERE m.channel_id = :channel AND m.id > :low AND m.id <= :until AND m.at >= :since AND m.deleted_at IS NULL
  AND (m.direction = 'in' OR m.state IN ('sent', 'delivered', 'read'));

-- name: imports.begin
INSERT INTO crm_import (pairing_id, last, until, since, total, passed, running, at)
VALUES (:pairing, :low, :until, :since, :n, :passed, 1, :now)
ON CONFLICT (pairing_id) DO UPDATE SET last = excluded.last, until = excluded.until, since = excluded.since,
  total = excluded.total, passed = excluded.passed, running = 1, at = excluded.at;

-- name: imports.all
SELECT i.pairing_id, p.link_id, p.channel_id, c.title, i.last, i.until, i.since, i.total, i.passed,
  (SELECT COUNT(*) FROM crm_entry e WHERE e.pairing_id = i.pairing_id AND e.act = 'import' AND e.state <> 'dead'
    AND e.message_id <= i.last),
  (SELECT COUNT(*) FROM crm_entry e WHERE e.pairing_id = i.pairing_id AND e.act = 'import' AND e.state = 'dead'
    AND e.message_id <= i.last),
  i.running, i.at
FROM crm_import i JOIN crm_pairing p ON p.id = i.pairing_id JOIN channel c ON c.id = p.channel_id ORDER BY i.pairing_id;

-- name: imports.one
SELECT i.pairing_id, p.link_id, p.channel_id, c.title, i.last, i.until, i.since, i.total, i.passed,
  (SELECT COUNT(*) FROM crm_entry e WHERE e.pairing_id = i.pairing_id AND e.act = 'import' AND e.state <> 'dead'
    AND e.message_id <= i.last),
  (SELECT COUNT(*) FROM crm_entry e WHERE e.pairing_id = i.pairing_id AND e.act = 'import' AND e.state = 'dead'
    AND e.message_id <= i.last),
  i.running, i.at
FROM crm_import i JOIN crm_pairing p ON p.id = i.pairing_id JOIN channel c ON c.id = p.channel_id
WHERE i.pairing_id = :pairing;

-- name: imports.running
SELECT i.pairing_id FROM crm_import i JOIN crm_pairing p ON p.id = i.pairing_id
WHERE p.link_id = :link AND p.active = 1 AND i.running = 1 LIMIT 1;

-- name: imports.waiting
SELECT e.id FROM crm_entry e WHERE e.link_id = :link AND e.state <> 'dead' AND e.act = 'import' LIMIT :n;

-- name: imports.page
SELECT m.id FROM crm_import i JOIN crm_pairing p ON p.id = i.pairing_id
JOIN message m ON m.id > :low AND m.id <= :high AND m.channel_id = p.channel_id AND m.at >= i.since
WHERE i.pairing_id = :pairing AND m.deleted_at IS NULL
  AND (m.direction = 'in' OR m.state IN ('sent', 'delivered', 'read'))
ORDER BY m.id LIMIT :n;

-- name: imports.owe
INSERT INTO crm_entry (link_id, pairing_id, dialog_id, chat, message_id, remote, employee, reason, act, rank, state, doubtful,
  not_before, tries, claims, epoch, code, detail, created_at)
SELECT p.link_id, p.id, m.dialog_id, COALESCE((
    SELECT c.chat FROM crm_dialog c WHERE c.dialog_id = m.dialog_id AND c.pairing_id = p.id ORDER BY c.closed, LENGTH(c.chat), c.chat LIMIT 1
  ), 'chat-' || m.dialog_id), m.id, '', '', '', 'import', :rank, 'waiting', 0, 0, 0, 0, 0, '', '', :now
FROM crm_import i JOIN crm_pairing p ON p.id = i.pairing_id AND p.active = 1
JOIN message m ON m.id > :low AND m.id <= :high AND m.channel_id = p.channel_id AND m.at >= i.since
WHERE i.pairing_id = :pairing AND m.deleted_at IS NULL
  AND (m.direction = 'in' OR m.state IN ('sent', 'delivered', 'read'))
  AND NOT EXISTS (SELECT 1 FROM crm_message k WHERE k.message_id = m.id AND k.link_id = p.link_id)
  AND NOT EXISTS (SELECT 1 FROM crm_entry e WHERE e.message_id = m.id AND e.link_id = p.link_id
    AND e.act IN ('add', 'import'))
ORDER BY m.id;

-- name: imports.advance
UPDATE crm_import SET last = :high, passed = passed + :n WHERE pairing_id = :pairing;

-- name: imports.end
UPDATE crm_import SET running = 0 WHERE pairing_id = :pairing;

-- name: imports.halt
UPDATE crm_import SET running = 0,
  passed = passed - (SELECT COUNT(*) FROM crm_pairing p JOIN message m ON m.channel_id = p.channel_id
    WHERE p.id = :pairing AND m.id <= crm_import.last AND m.at >= crm_import.since AND m.deleted_at IS NULL
      AND (m.direction = 'in' OR m.state IN ('sent', 'delivered', 'read'))
      AND m.id >= (SELECT MIN(e.message_id) FROM crm_entry e WHERE e.pairing_id = :pairing AND e.act = 'import'
        AND (e.state = 'waiting' AND e.doubtful = 0 OR e.state = 'dead' AND :gone = 1))),
  last = COALESCE((SELECT MIN(e.message_id) - 1 FROM crm_entry e WHERE e.pairing_id = :pairing AND e.act = 'import'
    AND (e.state = 'waiting' AND e.doubtful = 0 OR e.state = 'dead' AND :gone = 1)), last)
WHERE pairing_id = :pairing;

-- name: imports.take_back
DELETE FROM crm_entry WHERE pairing_id = :pairing AND act = 'import' AND state = 'waiting' AND doubtful = 0;

-- name: employees.all
SELECT operator, employee, name, way, left_at FROM crm_employee WHERE link_id = :link;

-- name: employees.wanted
SELECT 1 WHERE EXISTS (SELECT 1 FROM crm_employee WHERE link_id = :link)
  OR EXISTS (SELECT 1 FROM operator WHERE email <> '');

-- name: employees.of
SELECT employee FROM crm_employee WHERE link_id = :link AND operator = :operator;

-- name: employees.named
SELECT operator FROM crm_employee WHERE link_id = :link AND employee = :employee;

-- name: employees.map
INSERT INTO crm_employee (link_id, operator, employee, name, way, left_at)
VALUES (:link, :operator, :employee, :name, :way, 0)
ON CONFLICT (link_id, operator) DO UPDATE SET employee = excluded.employee, name = excluded.name, way = excluded.way,
  left_at = 0;

-- name: employees.take_over
DELETE FROM crm_employee WHERE link_id = :link AND employee = :employee AND operator <> :operator;

-- name: employees.unmap
DELETE FROM crm_employee WHERE link_id = :link AND operator = :operator;

-- name: employees.left
UPDATE crm_employee SET left_at = :left_at WHERE link_id = :link AND operator = :operator;

-- name: crmquestions.add
INSERT INTO crm_question (link_id, what, arguments, state, code, detail, result, until)
VALUES (:link, :what, :arguments, 'waiting', '', '', '', :until) RETURNING id;

-- name: crmquestions.claim
UPDATE crm_question SET state = 'running' WHERE :epoch = COALESCE((SELECT l.epoch FROM lease l), 0) AND id = (
  SELECT q.id FROM crm_question q WHERE q.link_id = :link AND q.state = 'waiting' AND q.until > :now
  ORDER BY q.id LIMIT 1)
RETURNING id, link_id, what, arguments, state, code, detail, result;

-- name: crmquestions.one
SELECT id, link_id, what, arguments, state, code, detail, result FROM crm_question WHERE id = :id;

-- name: crmquestions.recover
UPDATE crm_question SET state = 'waiting' WHERE link_id = :link AND state = 'running';

-- name: crmquestions.end
UPDATE crm_question SET state = :state, code = :code, detail = :detail, result = :result
WHERE id = :id AND state = 'running';

-- name: crmquestions.forget
DELETE FROM crm_question WHERE id = :id;

-- name: crmquestions.sweep
DELETE FROM crm_question WHERE until < :before;

-- name: stages.one
SELECT pipeline_id, stage_id, pipeline, stage FROM crm_stage WHERE link_id = :link AND dialog_id = :dialog AND card = :card;

-- name: stages.keep
INSERT INTO crm_stage (link_id, dialog_id, card, pipeline_id, stage_id, pipeline, stage, at)
VALUES (:link, :dialog, :card, :pipeline_id, :stage_id, :pipeline, :stage, :now)
ON CONFLICT (link_id, dialog_id, card) DO UPDATE SET pipeline_id = excluded.pipeline_id, stage_id = excluded.stage_id,
  pipeline = excluded.pipeline, stage = excluded.stage, at = excluded.at;

-- name: stages.of_dialog
SELECT pipeline, stage FROM crm_stage WHERE dialog_id = :dialog ORDER BY at, card;

-- name: stages.names_of
SELECT pipeline, stage FROM crm_stage_name WHERE link_id = :link;

-- name: stages.names
SELECT pipeline, stage FROM crm_stage_name ORDER BY link_id, pipeline, stage;

-- name: stages.forget_names
DELETE FROM crm_stage_name WHERE link_id = :link;

-- name: stages.name
INSERT INTO crm_stage_name (link_id, pipeline, stage) VALUES (:link, :pipeline, :stage)
ON CONFLICT (link_id, pipeline, stage) DO NOTHING;

-- name: stages.cards
SELECT card FROM crm_stage WHERE link_id = :link GROUP BY card ORDER BY MAX(at) DESC, card LIMIT :n;

-- name: joining.stages
INSERT INTO crm_stage (link_id, dialog_id, card, pipeline_id, stage_id, pipeline, stage, at)
SELECT link_id, :new, card, pipeline_id, stage_id, pipeline, stage, at FROM crm_stage WHERE dialog_id = :old
ON CONFLICT (link_id, dialog_id, card) DO NOTHING;

-- name: joining.drop_stages
DELETE FROM crm_stage WHERE dialog_id = :old;
