-- name: logins.recent
SELECT at FROM login_attempt WHERE kind = :kind AND value = :value AND at > :since ORDER BY at, id;

-- name: logins.add
INSERT INTO login_attempt (kind, value, at) VALUES (:kind, :value, :now);

-- name: logins.take_back
DELETE FROM login_attempt
WHERE id = (SELECT MAX(id) FROM login_attempt WHERE kind = :kind AND value = :value);

-- name: logins.sweep
DELETE FROM login_attempt WHERE at <= :until;
