-- name: applications.add
INSERT INTO application (line_id, kind, state, title, answers, document_sha256, document_name, reason,
  created_at, updated_at)
VALUES (:line_id, :kind, :state, :title, :sealed, '', '', '', :now, :now) RETURNING id;

-- name: applications.all
SELECT a.id, a.line_id, l.name, a.kind, a.state, a.title, a.document_sha256, a.document_name, a.reason,
  a.created_at, a.updated_at
FROM application a JOIN line l ON l.id = a.line_id ORDER BY a.id DESC;

-- name: applications.one
SELECT a.id, a.line_id, l.name, a.kind, a.state, a.title, a.document_sha256, a.document_name, a.reason,
  a.created_at, a.updated_at
FROM application a JOIN line l ON l.id = a.line_id WHERE a.id = :id;

-- name: applications.answers
SELECT answers FROM application WHERE id = :id;

-- name: applications.document
UPDATE application SET document_sha256 = :sha256, document_name = :name WHERE id = :id;

-- name: applications.move
UPDATE application SET state = :state, reason = :reason, updated_at = :now WHERE id = :id AND state = :was;
