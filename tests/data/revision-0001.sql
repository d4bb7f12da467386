-- The rows of a database at revision 0001, such as the ledger of that revision writes: plain INSERTs that SQLite and
-- PostgreSQL read alike, times in UTC. It is not changed any more; a later revision gets a file of its own.

INSERT INTO conversations (id, platform, workspace, channel, thread, direct, state, title, window_start, window_position, created_at) VALUES
  (1, 'slack', 'T0TEAM', 'C0GENERAL', '1795165200.000100', false, 'open', '야구 이야기', 0, 0, '2026-11-20 09:00:00.000000'),
  (2, 'slack', 'T0TEAM', 'C0GENERAL', '1795165330.000100', false, 'open', NULL, 0, 0, '2026-11-20 09:02:02.000000'),
  (3, 'slack', 'T0TEAM', 'C0GENERAL', '1795165400.000100', false, 'open', NULL, 0, 0, '2026-11-20 09:03:02.000000'),
  (4, 'slack', 'T0TEAM', 'D0KIM', '1795165401.000100', true, 'open', NULL, 0, 0, '2026-11-20 09:03:02.000000');

INSERT INTO participants (id, platform, workspace, external_id, kind, name, given_name, refreshed_at) VALUES
  (1, 'slack', 'T0TEAM', 'U0KIM', 'person', '김하나', NULL, NULL),
  (2, 'slack', 'T0TEAM', 'U0LEE', 'person', 'Lee O''Neil', NULL, NULL),
  (3, 'slack', 'T0TEAM', 'B0CI', 'bot', 'ci', NULL, NULL);

INSERT INTO system_prompts (id, sha256, text) VALUES
  (1, '75357d685f238b6afd7738be9786fdafde641eb6ca9a3be7471939715a68a4de', 'You are a helpful assistant.');

INSERT INTO audit (id, at, participant_id, action, subject, details) VALUES
  (1, '2026-11-20 09:00:30.000000', 1, 'preference', 'model', '{"before": null, "after": "gpt-6-sol"}');

INSERT INTO preferences (id, platform, workspace, channel, thread, key, value, changed_by, changed_at) VALUES
  (1, 'slack', 'T0TEAM', 'C0GENERAL', '', 'model', '"gpt-6-sol"', 1, '2026-11-20 09:00:30.000000');

INSERT INTO turns (id, conversation_id, state, due_at, owner, lease_until, fence, attempts, first_attempt_at, reason, notices, language, stop_requested, created_at, ended_at) VALUES
  (1, 1, 'shown', '2026-11-20 09:00:00.000000', NULL, '2026-11-20 09:00:20.000000', 1, 1, '2026-11-20 09:00:00.000000', NULL, '[]', 'ko', false, '2026-11-20 09:00:00.000000', '2026-11-20 09:00:00.000000'),
  (2, 1, 'shown', '2026-11-20 09:01:01.000000', NULL, '2026-11-20 09:01:22.000000', 2, 2, '2026-11-20 09:01:00.000000', NULL, '[{"key": "length", "values": {"tokens": 4096}}]', 'ko', false, '2026-11-20 09:01:00.000000', '2026-11-20 09:01:02.000000'),
  (3, 2, 'failed', '2026-11-20 09:02:02.000000', NULL, '2026-11-20 09:02:22.000000', 1, 1, '2026-11-20 09:02:02.000000', 'model_auth', '[{"key": "model_auth", "values": {}}]', 'en', false, '2026-11-20 09:02:02.000000', '2026-11-20 09:02:02.000000'),
  (4, 3, 'answered', '2026-11-20 09:03:02.000000', 'a7c1', '2026-11-20 09:03:22.000000', 1, 1, '2026-11-20 09:03:02.000000', NULL, '[]', 'ko', false, '2026-11-20 09:03:02.000000', NULL),
  (5, 4, 'running', '2026-11-20 09:03:02.000000', 'a7c1', '2026-11-20 09:03:22.000000', 1, 1, '2026-11-20 09:03:02.000000', NULL, NULL, NULL, false, '2026-11-20 09:03:02.000000', NULL),
  (6, 1, 'pending', '2026-11-20 09:03:02.000000', NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, false, '2026-11-20 09:03:02.000000', NULL);

INSERT INTO completions (id, turn_id, purpose, variant, number, chosen, outcome, model, system_prompt_id, prompt, max_tokens, temperature, seed, stop, counted_prompt_tokens, text, text_tokens, refusal, finish_reason, response_id, response_model, fingerprint, prompt_tokens, cached_tokens, cache_write_tokens, completion_tokens, reasoning_tokens, reserved_nanodollars, cost_nanodollars, started_at, first_token_seconds, total_seconds) VALUES
  (1, 1, 'answer', 1, 1, true, 'complete', 'gpt-6-luna', 1, 'v1', 4096, 0.7, 123, '["END"]', 81, '2020년 한국시리즈 우승팀은 NC 다이노스입니다.', 18, NULL, 'stop', 'chatcmpl-Ab1', 'gpt-6-luna-2026-08-01', 'fp_44709d6fcb', 81, 64, 0, 18, 0, NULL, 27100, '2026-11-20 09:00:00.000000', 0.42, 1.87),
  (2, 2, 'answer', 1, 1, false, 'model_unavailable', 'gpt-6-luna', 1, 'v1 c1 v2 v3 v5', 4096, 0.7, 123, '["END"]', 140, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-20 09:01:00.000000', NULL, NULL),
  (3, 2, 'answer', 1, 1, true, 'complete', 'gpt-6-luna', 1, 'v1 c1 v2 v3 v5', 4096, 0.7, 123, '["END"]', 140, '고척 스카이돔에서 열렸습니다. — it''s the ''neutral'' ground; and so on', 4096, NULL, 'length', 'chatcmpl-Ab1', 'gpt-6-luna-2026-08-01', 'fp_44709d6fcb', 81, 64, 0, 4096, 0, NULL, 27100, '2026-11-20 09:01:02.000000', 0.42, 1.87),
  (4, 3, 'answer', 1, 1, false, 'model_auth', 'gpt-6-luna', 1, 'v6', 4096, 0.7, 123, '["END"]', 20, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-20 09:02:02.000000', NULL, NULL),
  (5, 4, 'answer', 1, 1, true, 'complete', 'gpt-6-luna', 1, 'v7', 4096, 0.7, 123, '["END"]', 20, '마흔둘입니다.', 7, NULL, 'stop', 'chatcmpl-Ab1', 'gpt-6-luna-2026-08-01', 'fp_44709d6fcb', 81, 64, 0, 7, 0, NULL, 27100, '2026-11-20 09:03:02.000000', 0.42, 1.87),
  (6, 5, 'answer', 1, 1, false, 'started', 'gpt-6-luna', 1, 'v8', 4096, 0.7, 123, '["END"]', 12, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-20 09:03:02.000000', NULL, NULL);

INSERT INTO messages (id, conversation_id, platform, workspace, channel, external_id, position, participant_id, turn_id, addressed, pinned, hidden, erased_at, posted_at) VALUES
  (1, 1, 'slack', 'T0TEAM', 'C0GENERAL', '1795165200.000100', 1795165200000100, 1, 1, true, false, false, NULL, '2026-11-20 09:00:00.000000'),
  (2, 1, 'slack', 'T0TEAM', 'C0GENERAL', '1795165260.000100', 1795165260000100, 2, 2, false, false, false, NULL, '2026-11-20 09:01:00.000000'),
  (3, 1, 'slack', 'T0TEAM', 'C0GENERAL', '1795165261.000100', 1795165261000100, 3, 2, false, false, false, NULL, '2026-11-20 09:01:01.000000'),
  (4, 1, 'slack', 'T0TEAM', 'C0GENERAL', '1795165270.000100', 1795165270000100, 1, 2, true, false, false, NULL, '2026-11-20 09:01:10.000000'),
  (5, 2, 'slack', 'T0TEAM', 'C0GENERAL', '1795165330.000100', 1795165330000100, 2, 3, true, false, false, NULL, '2026-11-20 09:02:10.000000'),
  (6, 3, 'slack', 'T0TEAM', 'C0GENERAL', '1795165400.000100', 1795165400000100, 2, 4, true, false, false, NULL, '2026-11-20 09:03:20.000000'),
  (7, 4, 'slack', 'T0TEAM', 'D0KIM', '1795165401.000100', 1795165401000100, 1, 5, true, false, false, NULL, '2026-11-20 09:03:21.000000'),
  (8, 1, 'slack', 'T0TEAM', 'C0GENERAL', '1795165410.000100', 1795165410000100, 1, NULL, true, false, false, NULL, '2026-11-20 09:03:30.000000'),
  (9, 1, 'slack', 'T0TEAM', 'C0GENERAL', '1795165412.000100', 1795165412000100, 2, NULL, false, false, false, NULL, '2026-11-20 09:03:32.000000'),
  (10, 1, 'slack', 'T0TEAM', 'C0GENERAL', '1795165265.000100', 1795165265000100, 2, 2, false, true, false, '2026-11-20 09:05:00.000000', '2026-11-20 09:01:05.000000');

INSERT INTO reply_parts (id, turn_id, variant, number, external_id, intended_at, text_start, text_end) VALUES
  (1, 1, 1, 1, '1795165202.000200', '2026-11-20 09:00:00.000000', NULL, NULL),
  (2, 2, 1, 1, '1795165275.000300', '2026-11-20 09:01:02.000000', NULL, NULL),
  (3, 2, 1, 2, '1795165276.000300', '2026-11-20 09:01:02.000000', NULL, NULL),
  (4, 3, 1, 1, '1795165331.000200', '2026-11-20 09:02:02.000000', NULL, NULL),
  (5, 4, 1, 1, NULL, '2026-11-20 09:03:02.000000', NULL, NULL);

INSERT INTO files (id, message_id, external_id, name, media_type, size, text, tokens, outcome) VALUES
  (1, 1, 'F0SCORES', '점수.csv', 'text/csv', 5000000000, '연도,팀
2020,NC', 8, 'read');

INSERT INTO message_versions (id, message_id, text, given, tokens, encoding, at) VALUES
  (1, 1, '<@U0BOT> 2020년 코리안 시리즈를 우승한 야구팀이 어디?', '2020년 코리안 시리즈를 우승한 야구팀이 어디?', 9, 'o200k_base', '2026-11-20 09:00:00.000000'),
  (2, 2, 'It''s the Dinos; they won 4:2', 'It''s the Dinos; they won 4:2', 9, 'o200k_base', '2026-11-20 09:01:00.000000'),
  (3, 3, 'build 812: passed', 'build 812: passed', 9, 'o200k_base', '2026-11-20 09:01:01.000000'),
  (4, 4, '<@U0BOT> 마지막 게임은 어디에서 했어?', NULL, NULL, NULL, '2026-11-20 09:01:10.000000'),
  (5, 4, '<@U0BOT> 마지막 경기는 어디에서 했어?', '마지막 경기는 어디에서 했어?', 9, 'o200k_base', '2026-11-20 09:01:12.000000'),
  (6, 5, '<@U0BOT> which key?', 'which key?', 9, 'o200k_base', '2026-11-20 09:02:10.000000'),
  (7, 6, '<@U0BOT> 답은?', '답은?', 9, 'o200k_base', '2026-11-20 09:03:20.000000'),
  (8, 7, '안녕하세요', '안녕하세요', 9, 'o200k_base', '2026-11-20 09:03:21.000000'),
  (9, 8, '<@U0BOT> 그럼 2021년은?', NULL, NULL, NULL, '2026-11-20 09:03:30.000000'),
  (10, 9, 'KT 아니었나', NULL, NULL, NULL, '2026-11-20 09:03:32.000000'),
  (11, 10, NULL, NULL, NULL, NULL, '2026-11-20 09:01:05.000000');
