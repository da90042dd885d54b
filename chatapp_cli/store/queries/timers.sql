-- name: timers.set
INSERT INTO timer (kind, ref, at, keeps_hour) VALUES (:kind, :ref, :at, :keeps_hour)
ON CONFLICT (kind, ref) DO UPDATE SET at = excluded.at, keeps_hour = excluded.keeps_hour;

-- name: timers.at
SELECT at FROM timer WHERE kind = :kind AND ref = :ref;

-- name: timers.cancel
DELETE FROM timer WHERE kind = :kind AND ref = :ref;

-- name: timers.take
DELETE FROM timer WHERE kind = :kind AND ref = :ref AND at <= :now;

-- name: timers.put_off
UPDATE timer SET at = :at WHERE kind = :kind AND ref = :ref AND at <= :now;

-- name: timers.due
SELECT ref FROM timer WHERE kind = :kind AND at <= :now ORDER BY at, ref LIMIT :n;

-- name: timers.kinds_due
SELECT DISTINCT kind FROM timer WHERE at <= :now ORDER BY kind;

-- name: timers.next_due
SELECT MIN(waits.at) FROM (
  SELECT MIN(at) AS at FROM timer WHERE at > :now
  UNION ALL SELECT MIN(not_before) FROM outbox WHERE state = 'scheduled' AND not_before > :now
  UNION ALL SELECT MIN(snoozed_until) FROM dialog WHERE snoozed_until > :now) AS waits;

-- name: timers.shift
UPDATE timer SET at = at - :by WHERE keeps_hour = 0 AND at > :now;
