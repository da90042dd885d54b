-- name: deadletters.all
SELECT a.id, a.channel_id, c.title, a.provider_id, a.problem, a.at, a.who, a.dialog_id
FROM arrived a JOIN channel c ON c.id = a.channel_id
WHERE a.problem <> '' ORDER BY a.id DESC LIMIT :n;

-- name: deadletters.one
SELECT a.id, a.channel_id, c.title, a.provider_id, a.problem, a.at, a.who, a.dialog_id
FROM arrived a JOIN channel c ON c.id = a.channel_id WHERE a.id = :id;

-- name: deadletters.of_message
SELECT a.id, a.channel_id, c.title, a.provider_id, a.problem, a.at, a.who, a.dialog_id
FROM message m JOIN arrived a ON a.id = m.arrived_id JOIN channel c ON c.id = a.channel_id WHERE m.id = :message;

-- name: deadletters.place
UPDATE arrived SET who = :who, dialog_id = :dialog WHERE id = :id;
