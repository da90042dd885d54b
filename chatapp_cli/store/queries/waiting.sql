-- name: waiting.all
SELECT o.id, o.message_id, o.dialog_id, d.name, o.channel_id, c.kind, c.title, o.action,
  CASE o.state WHEN 'claimed' THEN 'queued' ELSE o.state END, o.not_before,
  o.wait_code, o.attempts, c.health, c.health_code, c.paused_until, m.text, COALESCE(p.name, ''), d.address
FROM outbox o JOIN message m ON m.id = o.message_id JOIN dialog d ON d.id = o.dialog_id
JOIN channel c ON c.id = o.channel_id LEFT JOIN contact p ON p.id = d.contact_id
ORDER BY o.not_before, o.priority DESC, o.id LIMIT :n;

-- name: waiting.troubled
SELECT m.id, m.dialog_id, d.name, m.channel_id, c.kind, c.title, m.state, m.code, m.detail, m.at, m.text,
  COALESCE(p.name, ''), d.address
FROM message m JOIN dialog d ON d.id = m.dialog_id JOIN channel c ON c.id = m.channel_id
LEFT JOIN contact p ON p.id = d.contact_id
WHERE m.direction = 'out' AND (m.state = 'uncertain' OR m.state = 'failed') ORDER BY m.id DESC LIMIT :n;

-- name: waiting.undelivered
SELECT m.id, m.dialog_id, d.name, m.channel_id, c.kind, c.title, m.state, m.code, m.detail, m.at, m.text,
  COALESCE(p.name, ''), d.address
FROM message m JOIN dialog d ON d.id = m.dialog_id JOIN channel c ON c.id = m.channel_id
LEFT JOIN contact p ON p.id = d.contact_id
WHERE m.id IN (
  SELECT a.id FROM (SELECT t.id FROM message t WHERE (t.state = 'uncertain' OR t.state = 'failed') AND t.direction = 'out'
    AND t.at >= :since AND (:channel = 0 OR t.channel_id = :channel) ORDER BY t.id DESC LIMIT :n) a
  UNION ALL
  SELECT b.id FROM (SELECT l.id FROM message l WHERE l.state = 'sent' AND (l.code = 'delayed' OR l.code = 'copy_failed')
    AND l.at >= :since AND l.at >= :late AND (:channel = 0 OR l.channel_id = :channel) ORDER BY l.id DESC LIMIT :n) b
) ORDER BY m.id DESC LIMIT :n;

-- name: waiting.counts
WITH troubled AS MATERIALIZED (
  SELECT channel_id, state, at FROM message WHERE direction = 'out' AND (state = 'uncertain' OR state = 'failed') ORDER BY id
)
SELECT channel_id, state, COUNT(*) FROM troubled WHERE at > :since GROUP BY channel_id, state;

-- name: waiting.dead
SELECT channel_id, COUNT(*) FROM arrived WHERE problem <> '' GROUP BY channel_id;
