-- name: replies.sections
SELECT s.id, s.name, COUNT(r.id) FROM reply_section s LEFT JOIN quick_reply r ON r.section_id = s.id
GROUP BY s.id, s.name;

-- name: replies.section_called
SELECT id, name FROM reply_section WHERE folded = :folded;

-- name: replies.section_of
SELECT s.id, s.name FROM quick_reply r JOIN reply_section s ON s.id = r.section_id WHERE r.id = :id;

-- name: replies.add_section
INSERT INTO reply_section (name, folded) VALUES (:name, :folded) ON CONFLICT DO NOTHING RETURNING id;

-- name: replies.rename_section
UPDATE reply_section SET name = :name, folded = :folded WHERE id = :id;

-- name: replies.drop_section
DELETE FROM reply_section WHERE id = :id;

-- name: replies.editors
SELECT operator FROM reply_editor WHERE section_id = :section;

-- name: replies.invite
INSERT INTO reply_editor (section_id, operator) VALUES (:section, :operator) ON CONFLICT DO NOTHING;

-- name: replies.uninvite
DELETE FROM reply_editor WHERE section_id = :section AND operator = :operator;

-- name: replies.all
SELECT r.id, r.section_id, s.name, r.title, r.text, r.keywords, r.category, r.used, r.updated_at, r.buttons
FROM quick_reply r JOIN reply_section s ON s.id = r.section_id;

-- name: replies.called
SELECT r.id, r.section_id, s.name, r.title, r.text, r.keywords, r.category, r.used, r.updated_at, r.buttons
FROM quick_reply r JOIN reply_section s ON s.id = r.section_id
WHERE r.section_id = :section AND r.folded = :folded;

-- name: replies.titled
SELECT r.id, r.section_id, s.name, r.title, r.text, r.keywords, r.category, r.used, r.updated_at, r.buttons
FROM quick_reply r JOIN reply_section s ON s.id = r.section_id WHERE r.folded = :folded;

-- name: replies.numbered
SELECT r.id, r.section_id, s.name, r.title, r.text, r.keywords, r.category, r.used, r.updated_at, r.buttons
FROM quick_reply r JOIN reply_section s ON s.id = r.section_id WHERE r.id = :id;

-- name: replies.add
INSERT INTO quick_reply (section_id, title, folded, text, keywords, category, used, updated_at, buttons)
VALUES (:section, :title, :folded, :text, :keywords, :category, 0, :now, :buttons) ON CONFLICT DO NOTHING RETURNING id;

-- name: replies.change
UPDATE quick_reply SET section_id = :section, title = :title, folded = :folded, text = :text, keywords = :keywords,
  category = :category, buttons = :buttons, updated_at = :now WHERE id = :id;

-- name: replies.drop
DELETE FROM quick_reply WHERE id = :id;

-- name: replies.used
UPDATE quick_reply SET used = used + 1 WHERE id = :id;

-- name: replies.files
SELECT name, mime, size, sha256, kind FROM quick_reply_file WHERE reply_id = :id ORDER BY id;

-- name: replies.attach
INSERT INTO quick_reply_file (reply_id, name, mime, size, sha256, kind)
VALUES (:id, :name, :mime, :size, :sha256, :kind);

-- name: replies.detach
DELETE FROM quick_reply_file WHERE reply_id = :id;
