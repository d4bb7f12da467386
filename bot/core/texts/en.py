"""English. Say what happened and what the reader can do now; no apologies twice, no codes."""

SENTENCES = {
    # with an answer
    "length": "The answer stops here because it reached the length limit. "
    "To go on, press “Continue” or write me “continue”.",
    "continue_empty": "The model had nothing to add.",
    "continue_too_long": "The answer is too long by now for me to go on with it. Ask me for what is missing.",
    "continue_unasked": "The answer stops here because it reached the length limit. "
    "I cannot go on with it: its question is no longer there.",
    "content_filter": "The model's content filter stopped this answer.",
    "refusal": "The model declined to answer this.",
    "broken_off": "The model's answer broke off here. Ask me again to get another answer.",
    "only_reasoned": "The model wrote no answer, only its reasoning. You see the reasoning here.",
    "finish_unknown": "The model ended this answer for a reason I don't know, so it may be incomplete.",
    "direct_threads": "Each new message you send me here starts a conversation of its own. "
    "To go on with this one, reply in its thread.",
    "direct_topics": "What you write here is one conversation. To begin another one, write “new topic”; "
    "to take up an old one, reply to one of its messages.",
    "late_minutes": "This answer is late: I was away when you asked, {minutes} minutes ago.",
    "late_hours": "This answer is late: I was away when you asked, about {hours} hours ago.",
    "thread_unread": "I could not read what was said here before, so this answer may miss its point.",
    "whole_in_file": "This is its beginning. The whole answer is in the file below.",
    # after a command
    "mode_quiet_thread": "I am quiet in this thread from now on, even when I am mentioned. "
    "To undo that, mention me here with the one word “listen”.",
    "mode_quiet_channel": "I am quiet in this channel from now on, even when I am mentioned. "
    "To undo that, mention me with “listen in this channel”; with “listen” in a thread, for that thread only.",
    "mode_quiet_direct": "I do not answer your direct messages from now on. "
    "To undo that, write me the one word “listen” as a new message.",
    "mode_auto_thread": "I am listening: in this thread I answer mentions, and messages that are plainly meant for me. "
    "To change that, mention me with “mention only” or “quiet”.",
    "mode_auto_channel": "I am listening: in this channel I answer mentions, and in my threads messages that are "
    "plainly meant for me. To change that, mention me with “mention only in this channel” or “quiet in this channel”.",
    "mode_auto_direct": "I am listening: I answer every direct message. "
    "To change that, write me the one word “quiet” as a new message.",
    "mode_mention_thread": "In this thread I answer only when I am mentioned from now on. "
    "To undo that, mention me here with the one word “listen”.",
    "mode_mention_channel": "In this channel I answer only when I am mentioned from now on. "
    "To undo that, mention me with “listen in this channel”.",
    "mode_mention_direct": "In direct messages no mention is needed, so I go on answering all of them. "
    "To silence me, write me the one word “quiet” as a new message.",
    "long_answers_file_thread": "In this thread, an answer that one message cannot hold comes as a file from now on, "
    "where I may send files. To undo that, mention me here with “long answers as messages”.",
    "long_answers_file_channel": "In this channel, an answer that one message cannot hold comes as a file from now on, "
    "where I may send files. To undo that, mention me with “long answers as messages in this channel”.",
    "long_answers_file_direct": "In direct messages, an answer that one message cannot hold comes as a file from now "
    "on, where I may send files. To undo that, write me “long answers as messages” as a new message.",
    "long_answers_messages_thread": "In this thread, long answers come in several messages from now on. "
    "To change that, mention me here with “long answers as a file”.",
    "long_answers_messages_channel": "In this channel, long answers come in several messages from now on. "
    "To change that, mention me with “long answers as a file in this channel”.",
    "long_answers_messages_direct": "In direct messages, long answers come in several messages from now on. "
    "To change that, write me “long answers as a file” as a new message.",
    "forgotten": "I no longer see the {messages} oldest messages of this conversation.",
    "forgotten_one": "I no longer see the oldest message of this conversation.",
    "summarized": "From now on I see the {messages} oldest messages of this conversation only as a summary.",
    "summarized_one": "From now on I see the oldest message of this conversation only as a summary.",
    "stopped": "Stopped here, as asked.",
    "stopped_unanswered": "Stopped, as asked.",
    "images_unseen": "The model I use cannot see images, so I answered without {names}.",
    "attached_first_characters": "Of what is attached to a message I read the first {kept} of {total} characters.",
    "file_first_pages": "Of {name} I read the first {kept} of {total} pages.",
    "file_first_characters": "Of {name} I read the first {kept} of {total} characters.",
    "file_beginning": "Of {name} I read only the first {kept} characters.",
    "file_empty": "I could not read {names}: there is nothing in it.",
    "file_no_text": "I could not read {names}: a PDF without text, perhaps a scan. Send its pages as images.",
    "file_broken": "I could not read {names}: it is damaged, or not what its name says.",
    "file_locked": "I could not read {names}: it is protected with a password.",
    "file_too_many_pixels": "I could not read {names}: the image is too large. Send a smaller one.",
    "file_too_complex": "I could not read {names}: it takes too long. Send a smaller part of it.",
    "file_unsupported": "I could not read {names}: I read images (PNG, JPEG, GIF, WebP), text files and PDFs.",
    "file_not_read": "I could not read {names}: something went wrong on my side. Send it again.",
    "file_too_big": "I could not read {names}: it is larger than {megabytes} MB.",
    "file_too_many": "I did not read {names}: there were too many files at once. Send fewer.",
    "file_gone": "I could not read {names}: it was deleted.",
    "file_elsewhere": "I could not read {names}: it is kept on another service. Send the file itself.",
    "file_forbidden": "I could not read {names}: I may not open files here. Please tell the person who runs me.",
    "file_pending": "I have not read {names} yet: that takes a while. Ask again, and I go on reading.",
    "file_not_fetched": "I could not download {names}. Send it again.",
    # on the buttons below an answer
    "button_stop": "Stop",
    "button_continue": "Continue",
    "button_repeat": "Try again",
    "button_receipt": "Details",
    "feedback_good": "Good answer",
    "feedback_bad": "Bad answer",
    # to the person who used a slash command
    "command_mention": "I do not take slash commands. To ask me something, write a message that mentions me: "
    "{mention} and your question. I answer in its thread.",
    # to the person who asked privately
    "rest_in_doubt": "This is its beginning. Discord did not confirm that the rest has arrived, "
    "and takes no file here. “Try again” asks once more.",
    "private_over": "This private answer ends here: Discord gives me no more than 15 minutes for one. "
    "If you still need it, ask me again.",
    # if a permission is missing; quoted by Discord's name for it
    "lacks_threads": "I answer here because I may not open threads in this channel: "
    "somebody who manages it can allow me “Create Public Threads”.",
    "lacks_posts_in_threads": "I answer here because I may not write in the threads of this channel: "
    "somebody who manages it can allow me “Send Messages in Threads”.",
    "lacks_files": "I wrote this in messages because I may not send files in this channel: "
    "somebody who manages it can allow me “Attach Files”.",
    "lacks_answers": "I cannot answer you in #{channel}: a manager of that channel can allow me “Send Messages”.",
    "lacks_answers_in_threads": "I cannot answer you in the thread in #{channel}: "
    "a manager of that channel can allow me “Send Messages in Threads”.",
    "lacks_view": "I cannot answer you in #{channel}: a manager of that channel can allow me “View Channel”.",
    "answer_blocked": "Discord does not let my answer through: a filter of this server, or of Discord, takes "
    "something in it for harmful. A manager of the server finds its own filters in Server Settings → AutoMod.",
    # to whoever wrote without a mention what the platform does not show us
    "content_unseen": "Discord shows me only messages that mention me, so I could not read this one: "
    "mention me, or ask the person who runs me to switch on “Message Content Intent”.",
    # before the first words of an answer, after the bot's name
    "writing": "is writing…",
    "thinking": "is thinking…",
    # instead of an answer
    # while the question is kept
    "outage": "The model cannot be reached right now. I keep your question and answer here as soon as it is back.",
    "outage_busy": "The model is too busy right now. I keep your question and answer here as soon as it has room.",
    "outage_silent": "The model does not answer in time right now. I keep your question and answer here as soon as it "
    "does.",
    "outage_cut": "The connection to the model keeps breaking off. I keep your question and answer here as soon as it "
    "holds.",
    "outage_certificate": "The model cannot be reached right now: its certificate is not accepted here. "
    "Please tell the person who runs me. I keep your question and answer here as soon as it is back.",
    "outage_proxy": "The model cannot be reached right now: the proxy here does not let me through. "
    "Please tell the person who runs me. I keep your question and answer here as soon as it is back.",
    "outage_name_not_found": "The model cannot be reached right now: the name of its server is not found. "
    "Please tell the person who runs me. I keep your question and answer here as soon as it is back.",
    "outage_refused": "The model cannot be reached right now: its server refuses the connection. "
    "I keep your question and answer here as soon as it is back.",
    "outage_no_tls": "The model cannot be reached right now: its server does not speak TLS as its address says. "
    "Please tell the person who runs me. I keep your question and answer here as soon as it is back.",
    "outage_server_error": "The model's server reports a fault of its own right now. "
    "I keep your question and answer here as soon as it works again.",
    "outage_overloaded": "The model's server is overloaded or not ready right now. "
    "I keep your question and answer here as soon as it has room.",
    "outage_gateway": "The gateway in front of the model gets no answer from it right now. "
    "I keep your question and answer here as soon as it does.",
    "empty_answer": "The model's answer was empty. Ask me again, perhaps in other words.",
    "empty_length": "The model used up its length limit of {limit} tokens before it wrote a word. "
    "Ask for something shorter, or ask the person who runs me to raise OPENAI_MAX_TOKENS.",
    "tool_calls": "The model wanted to use a tool, and I have none. Ask me again, perhaps in other words.",
    "question_blank": "I see no text to answer. Write me a question.",
    "question_too_long": "That is too long for me: with my instructions it comes to {tokens} tokens, "
    "and I can send {budget}. Shorten it, or send it in parts.",
    "model_rate_limited": "The model is too busy right now. Ask me again in a few minutes.",
    "model_unavailable": "I could not reach the model. Ask me again in a few minutes.",
    "model_certificate": "I could not reach the model: its certificate is not accepted here. "
    "Please tell the person who runs me.",
    "model_proxy": "I could not reach the model: the proxy here does not let me through. "
    "Please tell the person who runs me.",
    "model_name_not_found": "I could not reach the model: the name of its server is not found. "
    "Please tell the person who runs me.",
    "model_refused": "I could not reach the model: its server refuses the connection. "
    "Ask me again in a few minutes; if it stays that way, tell the person who runs me.",
    "model_no_tls": "I could not reach the model: its server does not speak TLS as its address says. "
    "Please tell the person who runs me.",
    "model_server_error": "The model's server reported a fault of its own. Ask me again in a few minutes.",
    "model_overloaded": "The model's server was overloaded or not ready. Ask me again in a few minutes.",
    "model_gateway": "The gateway in front of the model got no answer from it. Ask me again in a few minutes.",
    "model_timeout": "The model did not answer in time. Ask me again.",
    "model_cut": "The connection to the model kept breaking off. Ask me again in a few minutes.",
    "model_quota": "The account that pays for the model has used up its quota. Please tell the person who runs me.",
    "model_auth": "The model does not accept my key. Please tell the person who runs me.",
    "model_not_found": "The model I am set up to use does not exist. Please tell the person who runs me.",
    "model_address": "The server at the model's address is not a model server. "
    "Please tell the person who runs me to check OPENAI_BASE_URL.",
    "model_context_length": "This conversation is longer than the model can take. "
    "Start a new conversation, or ask the person who runs me to set CONTEXT_TOKENS.",
    "model_reply_length": "The model does not write answers as long as I am set up to ask for. "
    "Please tell the person who runs me to lower OPENAI_MAX_TOKENS.",
    "model_system": "The model takes no instructions apart from the questions. Please tell the person who runs me.",
    "model_images": "The model I use cannot see images. Describe in words what they show.",
    "model_bad_request": "The model refused my request. Please tell the person who runs me.",
    "internal": "Something went wrong on my side. Ask me again; if it stays that way, tell the person who runs me.",
}

LABELS = {
    # the title of the file with a long answer
    "answer_file": "The whole answer",
    # the name of a thread whose question has no words
    "thread_name": "Conversation",
    # the receipt of an answer
    "receipt_title": "Details",
    "close": "Close",
    "loading": "One moment…",
    "receipt_private": "Only the person who asked can see the details of this answer.",
    "receipt_unknown": "I have no details: this is not an answer of mine, or no longer one.",
    "receipt_away": "I cannot look that up right now. Try again in a minute.",
    "receipt_answer": "Answer",
    "receipt_tokens": "Tokens and cost",
    "receipt_sent": "What the model was sent, oldest first",
    "receipt_left_out": "What it was not sent, and why",
    "receipt_never_sent": "No model was asked for this.",
    "receipt_turn": "Turn {turn}: {state}",
    "receipt_feedback": "Feedback: {good} good, {bad} bad",
    "receipt_completion": "Completion {completion}, variant {variant}: {outcome}",
    "receipt_model": "Model: {value}",
    "receipt_response_model": "Model, as the server said: {value}",
    "receipt_response": "Response: {value}",
    "receipt_fingerprint": "System fingerprint: {value}",
    "receipt_finish": "Finish reason: {value}",
    "receipt_temperature": "Temperature: {value}",
    "receipt_seed": "Seed: {value}",
    "receipt_stop": "Stop sequences: {value}",
    "receipt_max_tokens": "Most tokens for the answer: {value}",
    "receipt_started": "Asked at: {value}",
    "receipt_first_token": "First token after: {value}",
    "receipt_total": "Complete after: {value}",
    "receipt_seconds": "{seconds} s",
    "receipt_prompt": "Prompt: {value}",
    "receipt_cached": "Of them from the cache: {value}",
    "receipt_completion_tokens": "Answer: {value}",
    "receipt_reasoning": "Of them for reasoning: {value}",
    "receipt_estimate": "Prompt, as estimated before: {value}",
    "receipt_cost": "Cost: {value}",
    "receipt_none": "–",
    "receipt_nothing": "Nothing.",
    "receipt_more": "… and {more} older ones: threadbot prompt {turn} prints all of it.",
    "receipt_system": "System prompt",
    "receipt_example": "Example",
    "receipt_older": "Older messages",
    "receipt_go_on": "Request to go on",
    "receipt_summary": "Summary of what was said before",
    "receipt_file": "File {name}",
    "receipt_bot": "the bot",
    "receipt_pinned": "pinned",
    "receipt_count": "{tokens} tokens",
    "outcome_started": "under way",
    "outcome_complete": "complete",
    "outcome_stopped": "stopped",
    "outcome_changed": "given up, as the question changed",
    "outcome_empty": "empty",
    "outcome_lost": "lost when the bot stopped",
    "outcome_failed": "failed ({code})",
    "state_pending": "waiting",
    "state_running": "being answered",
    "state_answered": "answered, being shown",
    "state_shown": "answered",
    "state_failed": "failed",
    "state_stopped": "stopped",
    "state_removed": "withdrawn",
    "reason_budget": "too long ago for the prompt budget",
    "reason_summarized": "in the summary only",
    "reason_hidden": "hidden by a reaction",
    "reason_cut": "before the point where the conversation was restarted",
    "reason_deleted": "deleted",
    "reason_variant": "another answer took its place",
    "reason_no_answer": "there was no answer",
    "reason_later": "heard of later",
    "reason_command": "a command to the bot",
    "reason_never_read": "never read: the thread was too long, or could not be read",
    "reason_unknown": "not known",
    # the Home tab
    "home_who": "*I am {name}.* Mention me in a channel, or write me in *Messages*: I answer in a thread, and that "
    "thread is a conversation that I remember.",
    "home_model": "My answers come from the model {model}; they can be wrong.",
    "home_demo": "No language model is connected yet: I only say what one would have been sent.",
    "home_sees_title": "What I see and keep",
    "home_sees": "• I see what is said in the channels that I was invited to. I keep only the threads in which I was "
    "asked: their messages, what I read of files in them, and my answers, in the database of the person who runs me.\n"
    "• The model is sent such a thread when you ask me there, and no other.\n"
    "• What you edit or delete, I change or erase.\n"
    "• *Details* below an answer shows the person who asked what the model was sent for it. "
    "Nobody else sees that, except the people who run me.",
    "home_how_title": "How to use me",
    "home_how": "• Edit your question, and I answer it again.\n"
    "• Below an answer: *Try again*, *Details*, and two buttons to say whether it was good. While I write: *Stop*.\n"
    "• To say when I should answer, mention me with “quiet”, “mention only” or “listen”, and nothing else.\n"
    "• To get long answers as a file, mention me with “long answers as a file”; "
    "“long answers as messages” undoes that.",
    "home_reactions": "Reactions to a message or an answer:",
    "reaction_pin": "keep it in mind, however long the conversation gets",
    "reaction_hide": "never send it to the model",
    "reaction_cut": "start the conversation over from here",
    "reaction_repeat": "another answer, please",
    "reaction_stop": "stop",
    "home_use_title": "Your use this month",
    "home_use": "Questions: {turns} · tokens sent: {prompt_tokens} · tokens in answers: {completion_tokens} · {cost}",
    "home_use_unknown": "I cannot look that up right now.",
    # suggested prompts, in the Messages tab and in the manifest. Whole requests, as in Slack's own examples
    "prompts_title": "Try asking",
    "app_description": "Answers where it is mentioned; the thread is the conversation.",
    "agent_description": "Answers questions in threads, and remembers the thread.",
    "prompt_explain_title": "Explain something",
    "prompt_explain": "I would like to have something explained, simply and with an example. Ask me what.",
    "prompt_write_title": "Improve a text",
    "prompt_write": "Help me to make a text shorter and clearer. Ask me for it.",
    "prompt_code_title": "Look at code",
    "prompt_code": "Tell me what a piece of code does, and what could go wrong. Ask me for it.",
    "prompt_plan_title": "Plan something",
    "prompt_plan": "Help me to plan something, step by step. Ask me what.",
    "shortcut_name": "Details of this answer",
    "shortcut_description": "What the model was sent, tokens, cost",
    # Discord's commands: their names in other languages, what they do, and what they say
    "command_ask": "ask",
    "command_ask_about": "Ask me something; everybody here sees it, unless you want it private",
    "command_question": "question",
    "command_question_about": "What you want to know",
    "command_private": "private",
    "command_private_about": "Only you see the question and the answer",
    "command_quiet": "quiet",
    "command_quiet_about": "Do not answer here any more, not even mentions",
    "command_listen": "listen",
    "command_listen_about": "Answer again here: mentions, and what is plainly meant for me",
    "command_mention_only": "mention-only",
    "command_mention_only_about": "Answer here only when I am mentioned",
    "command_details": "details",
    "command_details_about": "What the model was sent for your last answer here, tokens, cost",
    "command_help": "help",
    "command_help_about": "How to use me, and what I see and keep",
    "command_details_of": "Details",
    "command_try_again": "Try again",
    "command_ask_this": "Ask about this",
    "ask_this_message": "The message (you can shorten it)",
    "ask_this_question": "Your question",
    "ask_this_default": "What does this mean?",
    "as_commands": "As commands: /listen, /quiet, /mention-only.",
    "asked_when_quiet": "I was told to be quiet here, so I do not answer. `/listen` undoes that.",
    "setting_overtaken": "Somebody has changed that setting since.",
    "repeats": "Another answer is on its way.",
    "not_an_answer": "That is not an answer of mine, or no longer one.",
    "thread_locked": "This thread is locked: I write nothing more here.",
    "not_here": "I do not answer here. Please tell the person who runs me if I should.",
    "command_unknown": "I no longer have this command. Restart Discord to see those that I have now.",
    "receipt_cut": "… The rest is too long to be shown here: threadbot prompt {turn} prints all of it.",
    "help_how": "**How to use me**\n"
    "- Mention me in a channel: I answer in a thread, and that thread is a conversation that I remember.\n"
    "- `/ask` asks without a mention, and privately if you want. "
    "*Ask about this* in a message's menu (Apps) asks about that message.\n"
    "- Edit your question, and I answer it again. Below an answer: *Try again*, *Details*, 👍 and 👎.\n"
    "- `/quiet`, `/mention-only` and `/listen` say when I answer here.",
    "help_direct": "- In direct messages just write. “new topic” begins another conversation.",
    "help_sees": "**What I see and keep**\n"
    "- I keep only the conversations in which I was asked: their messages, what I read of files in them, and my "
    "answers, in the database of the person who runs me. The model is sent such a conversation when you ask there.\n"
    "- What you edit or delete, I change or erase.\n"
    "- `/details` shows the person who asked what the model was sent. Nobody else sees that, "
    "except the people who run me.",
    "help_reactions": "**Reactions to a message or an answer**",
}
