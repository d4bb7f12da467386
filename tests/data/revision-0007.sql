-- The rows and values that came into the schema after revision 0001, at revision 0007, for a database that holds those of
-- revision-0001.sql: plain statements that SQLite and PostgreSQL read alike, times in UTC. It is not changed any more.

INSERT INTO watermarks (id, platform, workspace, channel, position) VALUES
  (1, 'slack', 'T0TEAM', '', 1795165200000000),
  (2, 'slack', 'T0TEAM', 'C0GENERAL', 1795165412000100);

UPDATE conversations SET unread_since = 1795165412000100, truncated = true, told_start = 1, told_position = 7 WHERE id = 1;

UPDATE participants SET locale = 'ko-KR', home = 'T0OTHER' WHERE id = 1;

UPDATE turns SET variant = 2, pinned = true, pressed_at = '2026-11-20 09:02:00.000000' WHERE id = 2;

UPDATE turns SET closed = true, continues = 3, stale = true WHERE id = 4;

UPDATE system_prompts SET examples = '[["2+2?", "4"]]' WHERE id = 1;

UPDATE completions SET estimated_prompt_tokens = 85, window_start = 1, window_position = 0 WHERE id = 3;

UPDATE messages SET cut = true WHERE id = 4;

UPDATE files SET locator = 'https://files.slack.com/F0SCORES', width = 0, height = 0 WHERE id = 1;

INSERT INTO files (id, message_id, external_id, name, media_type, size, locator, content_type, width, height, tokens, outcome) VALUES
  (2, 4, 'F0PHOTO', '구장.png', 'image/png', 4711, 'https://files.slack.com/F0PHOTO', 'image/png', 640, 480, 1105, 'pending');

INSERT INTO reactions (id, platform, workspace, channel, external_id, operation, participant_id, at, active) VALUES
  (1, 'slack', 'T0TEAM', 'C0GENERAL', '1795165275.000300', 'pin', 2, '2026-11-20 09:01:30.000000', true);

INSERT INTO models (id, name, token_factor, "window", sees, learned_at) VALUES
  (1, 'gpt-6-luna', 1.05, 1050000, true, '2026-11-20 09:00:01.000000');

INSERT INTO summaries (id, conversation_id, completion_id, window_start, window_position, covers, text, tokens, stale, created_at) VALUES
  (1, 1, 3, 2, 0, 'v1 c1', 'NC 다이노스가 우승했다.', 9, false, '2026-11-20 09:01:03.000000');

INSERT INTO feedback (id, completion_id, participant_id, value, at) VALUES
  (1, 1, 1, 'like', '2026-11-20 09:00:09.000000');

INSERT INTO message_versions (id, message_id, text, given, tokens, encoding, at) VALUES
  (12, 8, '<@U0BOT> 그럼 2022년은?', NULL, NULL, 'o200k_base', '2026-11-20 09:04:00.000000');

INSERT INTO reply_parts (id, turn_id, variant, number, external_id, intended_at, text_start, text_end) VALUES
  (6, 2, 2, 1, '1795165290.000400', '2026-11-20 09:02:01.000000', 0, 3900),
  (7, 2, 2, 2, NULL, '2026-11-20 09:02:01.000000', 3900, 4000),
  (8, 2, 3, 1, '1795165291.000400', '2026-11-20 09:02:05.000000', NULL, NULL),
  (9, 4, 2, 2, '1795165407.000400', '2026-11-20 09:03:04.000000', NULL, NULL);
