-- name: options.of
SELECT name, value FROM stored_option WHERE subject = :subject AND ref = :id ORDER BY name;

-- name: options.chosen
SELECT subject, ref, name, value FROM stored_option
WHERE (subject = 'company' AND ref = 0) OR (subject = 'line' AND ref = :line)
  OR (subject = 'channel' AND ref = :channel) OR (subject = 'crm' AND ref = :crm);

-- name: options.keep
INSERT INTO stored_option (subject, ref, name, value) VALUES (:subject, :id, :name, :value)
ON CONFLICT (subject, ref, name) DO UPDATE SET value = excluded.value;

-- name: options.forget
DELETE FROM stored_option WHERE subject = :subject AND ref = :id AND name = :name;

-- name: options.drop
DELETE FROM stored_option WHERE subject = :subject AND ref = :id;

-- name: options.drop_with_line
DELETE FROM stored_option WHERE (subject = 'line' AND ref = :line)
  OR (subject = 'channel' AND ref IN (SELECT id FROM channel WHERE line_id = :line));
