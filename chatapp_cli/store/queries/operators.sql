-- name: operators.add
INSERT INTO operator (name, password, role, every_line, only_own, disabled, created_at)
VALUES (:name, :password, 'operator', :every_line, :only_own, 0, :now) ON CONFLICT DO NOTHING;

-- name: operators.all
SELECT name, password, role, every_line, disabled, created_at, rights, email, only_own FROM operator;

-- name: operators.find
SELECT name, password, role, every_line, disabled, created_at, rights, email, only_own FROM operator WHERE name = :name;

-- name: operators.rights
SELECT role, rights FROM operator WHERE name = :name AND disabled = 0;

-- name: operators.signed_before
SELECT 1 FROM journal WHERE actor = :name
  AND at < COALESCE((SELECT created_at FROM operator WHERE name = :name), :until) LIMIT 1;

-- name: operators.last_signed
SELECT actor FROM journal WHERE actor = :name OR (topic = 'operator.removed' AND data = :removed)
ORDER BY id DESC LIMIT 1;

-- name: operators.give
UPDATE operator SET rights = :rights WHERE name = :name AND rights <> :rights;

-- name: operators.disable
UPDATE operator SET disabled = :disabled WHERE name = :name AND disabled <> :disabled;

-- name: operators.set_email
UPDATE operator SET email = :email WHERE name = :name AND email <> :email;

-- name: operators.set_password
UPDATE operator SET password = :password WHERE name = :name;

-- name: operators.see
UPDATE operator SET every_line = :every_line WHERE name = :name;

-- name: operators.see_own
UPDATE operator SET only_own = :only_own WHERE name = :name AND only_own <> :only_own;

-- name: operators.remove
DELETE FROM operator WHERE name = :name;

-- name: operators.lines
SELECT ol.line_id, l.name FROM operator_line ol JOIN line l ON l.id = ol.line_id
WHERE ol.operator = :name ORDER BY ol.line_id;

-- name: operators.see_line
INSERT INTO operator_line (operator, line_id) VALUES (:name, :line) ON CONFLICT DO NOTHING;

-- name: operators.see_no_line
DELETE FROM operator_line WHERE operator = :name;

-- name: operators.open_session
INSERT INTO operator_session (token_sha256, operator, created_at, until, seen_at)
VALUES (:token, :name, :now, :until, :at);

-- name: operators.of_session
SELECT o.name, o.password, o.role, o.every_line, o.disabled, o.created_at, o.rights, o.email, o.only_own
FROM operator_session s JOIN operator o ON o.name = s.operator
WHERE s.token_sha256 = :token AND s.until > :now AND o.disabled = 0 AND (s.seen_at = 0 OR s.seen_at > :since);

-- name: operators.saw
UPDATE operator_session SET seen_at = :at WHERE token_sha256 = :token AND seen_at < :at;

-- name: operators.close_session
DELETE FROM operator_session WHERE token_sha256 = :token;

-- name: operators.close_sessions
DELETE FROM operator_session WHERE operator = :name;

-- name: operators.sweep
DELETE FROM operator_session WHERE until <= :now;

-- name: identities.of_operator
SELECT operator, way, realm, person, name FROM operator_identity WHERE operator = :operator;

-- name: identities.find
SELECT operator, way, realm, person, name FROM operator_identity
WHERE way = :way AND realm = :realm AND person = :person;

-- name: identities.connect
INSERT INTO operator_identity (way, realm, person, operator, name, created_at)
VALUES (:way, :realm, :person, :operator, :name, :now);

-- name: identities.disconnect
DELETE FROM operator_identity WHERE operator = :operator AND way = :way AND realm = :realm;
