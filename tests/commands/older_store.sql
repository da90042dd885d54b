-- Rows as the version before typed events wrote them, at revision 0005.
INSERT INTO line (id, name, created_at) VALUES (1, 'Розница', 1795900000000);
INSERT INTO channel (id, line_id, kind, account, title, hook_key, settings, facts, capabilities, secrets, cursor, revision,
  health, health_code, health_detail, health_since, proof_at, paused_until, created_at)
VALUES (1, 1, 'email', 'desk@shop.example.org', 'desk@shop.example.org', NULL,
  '{"service": "custom", "address": "desk@shop.example.org", "sender_name": "Ёлочный базар", "group_by_subject": "on"}',
  '{"Address": "desk@shop.example.org"}', '{}', x'', '1:7', 2, 'ok', '', '', 1795900000000, 1795942990000, 0,
  1795900000000);
INSERT INTO contact (id, name, username, phone, email, created_at)
VALUES (1, 'Анна Белова', '', '', 'anna@example.org', 1795940000000);
INSERT INTO dialog (id, channel_id, line_id, contact_id, key, address, kind, name, renamed, pinned, blocked, reachable,
  unreachable_code, unread, waiting_since, last_at, last_id, last_direction, last_state, preview, search, created_at,
  heard_at, assignee, snoozed_until)
VALUES (1, 1, 1, 1, 'anna@example.org', 'anna@example.org', 'private', 'Анна Белова', 0, 1, 0, 1, '', 1, 1795940000000,
  1795943000000, 2, 'out', 'sent', 'Два: бежевый и серый.', 'анна белова anna@example.org', 1795940000000,
  1795940000000, 'Ольга', 4102444800000);
INSERT INTO message (id, dialog_id, channel_id, direction, origin, author, ext_id, key, state, code, detail, text,
  subject, reply_to, album, automatic, at, stored_at)
VALUES
  (1, 1, 1, 'in', 'client', 'Анна Белова', '<1@example.org>', NULL, 'received', '', '', 'Плед ещё есть?', 'Плед', '', '',
   0, 1795940000000, 1795940000100),
  (2, 1, 1, 'out', 'operator', 'Ольга', '<2@shop.example.org>', 'key-2', 'sent', '', '', 'Два: бежевый и серый.', '', '',
   '', 0, 1795943000000, 1795943000000),
  (3, 1, 1, 'out', 'operator', 'Ольга', NULL, 'key-3', 'scheduled', '', '', 'Напомню', '', '', '', 0,
   1795943000000, 1795943000000);
INSERT INTO outbox (id, message_id, dialog_id, channel_id, action, value, actor, priority, state, not_before, wait_code,
  attempts, claims, created_at)
VALUES (1, 3, 1, 1, 'send', '', 'Ольга', 9, 'scheduled', 4102444800000, 'scheduled', 0, 0, 1795943000000);
INSERT INTO attempt (id, message_id, channel_id, dialog_id, action, started_at, finished_at, verdict, code, detail)
VALUES (1, 2, 1, 1, 'send', 1795943000000, 1795943000500, 'done', '', '<2@shop.example.org>');
INSERT INTO operator (name, password, role, every_line, disabled, created_at)
VALUES ('Пётр', '', 'operator', 0, 0, 1795900000000);
INSERT INTO operator_line (operator, line_id) VALUES ('Пётр', 1);
-- The login of the token: token
INSERT INTO operator_session (token_sha256, operator, created_at, until)
VALUES ('3c469e9d6c5875d37a43f353d4f88e61fcf812c66eee3457465a40b0da4153e0', 'Пётр', 1795900000000, 4102444800000);
