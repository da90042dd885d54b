-- name: login_attempts.recent
SELECT at FROM login_attempt WHERE kind = :kind AND value = :value AND at > :since ORDER BY at, id;

-- name: login_attempts.add
INSERT INTO login_attempt (kind, value, at) VALUES (:kind, :value, :now);

-- name: login_attempts.take_back
DELETE FROM login_attempt
WHERE id = (SELECT MAX(id) FROM login_attempt WHERE kind = :kind AND value = :value);

-- name: login_attempts.sweep
DELETE FROM login_attempt WHERE at <= :until;
