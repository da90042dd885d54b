-- name: contacts.one
SELECT id, name, username, phone, email, chain FROM contact WHERE id = :id;

-- name: contacts.at_phone
SELECT DISTINCT r.id, r.name, r.username, r.phone, r.email, r.chain
FROM contact p JOIN contact r ON r.id = COALESCE(p.merged_into, p.id)
WHERE p.phone = :phone AND p.phone <> '' ORDER BY r.id;

-- name: contacts.at_email
SELECT DISTINCT r.id, r.name, r.username, r.phone, r.email, r.chain
FROM contact p JOIN contact r ON r.id = COALESCE(p.merged_into, p.id)
WHERE p.email = :email AND p.email <> '' ORDER BY r.id;

-- name: contacts.at_username
SELECT DISTINCT r.id, r.name, r.username, r.phone, r.email, r.chain
FROM contact p JOIN contact r ON r.id = COALESCE(p.merged_into, p.id)
WHERE LOWER(p.username) = :username AND p.username <> '' ORDER BY r.id;

-- name: contacts.at_address
SELECT DISTINCT r.id, r.name, r.username, r.phone, r.email, r.chain
FROM dialog d JOIN contact p ON p.id = d.contact_id JOIN contact r ON r.id = COALESCE(p.merged_into, p.id)
WHERE d.channel_id IN (SELECT id FROM channel) AND d.address = :address ORDER BY r.id;

-- name: contacts.bearing
SELECT p.phone, p.id, p.name, p.username, p.phone, p.email, p.chain
FROM contact p JOIN contact r ON r.id = COALESCE(p.merged_into, p.id)
WHERE p.phone <> '' AND p.phone IN (SELECT value FROM json_each(:addresses))
UNION ALL SELECT p.email, p.id, p.name, p.username, p.phone, p.email, p.chain
FROM contact p JOIN contact r ON r.id = COALESCE(p.merged_into, p.id)
WHERE p.email <> '' AND p.email IN (SELECT value FROM json_each(:addresses));

-- name: contacts.bearing@postgresql
SELECT p.phone, p.id, p.name, p.username, p.phone, p.email, p.chain
FROM contact p JOIN contact r ON r.id = COALESCE(p.merged_into, p.id)
WHERE p.phone <> '' AND p.phone IN (SELECT json_array_elements_text(CAST(:addresses AS json)))
UNION ALL SELECT p.email, p.id, p.name, p.username, p.phone, p.email, p.chain
FROM contact p JOIN contact r ON r.id = COALESCE(p.merged_into, p.id)
WHERE p.email <> '' AND p.email IN (SELECT json_array_elements_text(CAST(:addresses AS json)));

-- name: contacts.chain
UPDATE contact SET chain = :chain WHERE id = :id;

-- name: contacts.addresses
SELECT address FROM dialog WHERE contact_id = :contact AND channel_id = :channel ORDER BY last_at DESC, id DESC;

-- name: contacts.dialogs
SELECT id FROM dialog WHERE contact_id = :contact ORDER BY id;

-- name: contacts.latest
SELECT d.id FROM dialog d WHERE d.contact_id = :contact AND NOT EXISTS (
  SELECT 1 FROM dialog o WHERE o.contact_id = :contact AND o.line_id = d.line_id
    AND (o.last_at > d.last_at OR (o.last_at = d.last_at AND o.id > d.id)))
ORDER BY d.id;

-- name: chain.of
SELECT chain FROM message WHERE id = :id AND state = 'failed';

-- name: chain.put
UPDATE message SET chain = :chain WHERE id = :id;

-- name: chain.failed
SELECT id FROM message WHERE chain <> '' AND state = 'failed' ORDER BY id LIMIT :n;

-- name: chain.open
SELECT chain <> '' FROM message WHERE id = :id;
