-- name: contacts.one
SELECT id, name, username, phone, email, chain FROM contact WHERE id = :id;

-- name: contacts.at_phone
SELECT id, name, username, phone, email, chain FROM contact WHERE phone = :phone AND phone <> '' ORDER BY id;

-- name: contacts.at_email
SELECT id, name, username, phone, email, chain FROM contact WHERE email = :email AND email <> '' ORDER BY id;

-- name: contacts.at_address
SELECT DISTINCT p.id, p.name, p.username, p.phone, p.email, p.chain
FROM contact p JOIN dialog d ON d.contact_id = p.id
WHERE d.address = :address OR (:username <> '' AND LOWER(p.username) = :username) ORDER BY p.id;

-- name: contacts.chain
UPDATE contact SET chain = :chain WHERE id = :id;

-- name: contacts.addresses
SELECT address FROM dialog WHERE contact_id = :contact AND channel_id = :channel ORDER BY last_at DESC, id DESC;

-- name: contacts.dialogs
SELECT id FROM dialog WHERE contact_id = :contact ORDER BY id;

-- name: chain.of
SELECT chain FROM message WHERE id = :id AND state = 'failed';

-- name: chain.put
UPDATE message SET chain = :chain WHERE id = :id;

-- name: chain.failed
SELECT id FROM message WHERE chain <> '' AND state = 'failed' ORDER BY id LIMIT :n;

-- name: chain.open
SELECT chain <> '' FROM message WHERE id = :id;
