-- name: autocalls.any
SELECT 1 FROM auto_call LIMIT 1;

-- name: autocalls.add
INSERT INTO auto_call (act_id, url, body, claimed, tries, due_at) VALUES (:id, :url, :body, 0, 0, :now);

-- name: autocalls.begin
UPDATE auto_act SET state = 'calling', outcome = :outcome, due_at = :now WHERE id = :id AND state = 'planned';

-- name: autocalls.due
SELECT c.act_id, a.rule_id, a.version, a.event, a.act, c.url, c.body, c.tries
FROM auto_call c JOIN auto_act a ON a.id = c.act_id
WHERE c.claimed = 0 AND c.due_at <= :now ORDER BY c.due_at, c.act_id LIMIT :n;

-- name: autocalls.claim
UPDATE auto_call SET claimed = 1, tries = tries + 1 WHERE act_id = :id;

-- name: autocalls.again
UPDATE auto_call SET claimed = 0, due_at = :due WHERE act_id = :id;

-- name: autocalls.put_back
UPDATE auto_call SET claimed = 0, tries = tries - 1 WHERE act_id = :id AND claimed = 1;

-- name: autocalls.recover
UPDATE auto_call SET claimed = 0 WHERE claimed = 1;

-- name: autocalls.next
SELECT MIN(due_at) FROM auto_call WHERE claimed = 0;

-- name: autocalls.say
UPDATE auto_act SET outcome = :outcome WHERE id = :id AND state = 'calling';

-- name: autocalls.end
UPDATE auto_act SET state = :state, outcome = :outcome, ended_at = :now WHERE id = :id AND state = 'calling';

-- name: autocalls.drop
DELETE FROM auto_call WHERE act_id = :id;

-- name: autocalls.forget
DELETE FROM auto_call WHERE act_id IN (SELECT id FROM auto_act WHERE rule_id = :rule AND state = 'cancelled');

-- name: autosecrets.of
SELECT sealed FROM auto_secret WHERE rule_id = :rule;

-- name: autosecrets.put
INSERT INTO auto_secret (rule_id, sealed) VALUES (:rule, :sealed)
ON CONFLICT (rule_id) DO UPDATE SET sealed = excluded.sealed;
