// Every sentence of the page, in English and Korean. What the bot says comes from the bot.

const ENGLISH = {
  playground: "playground",
  channels: "Channels",
  directMessages: "Direct messages",
  messages: "Messages",
  thread: "Thread",
  closeThread: "Close thread",
  inChannel: "in {name}",
  channelTopic: "Mention @threadbot and it answers in a thread.",
  directTopic: "Every message opens a conversation of its own; no mention needed.",
  you: "You",
  channelPlaceholder: "Write @threadbot and your question",
  directPlaceholder: "Message threadbot",
  threadPlaceholder: "Reply; write @threadbot to be answered",
  directThreadPlaceholder: "Reply to threadbot",
  composerLabel: "Message to {name}",
  threadComposerLabel: "Reply in the thread",
  keys: "Enter sends, Shift+Enter starts a new line",
  send: "Send",
  hello: "@threadbot hello",
  directHello: "Hello!",
  tryIt: "Try:",
  mention: "Mention @threadbot",
  reply: "Reply in thread",
  oneReply: "1 reply",
  replies: "{count} replies",
  lastReply: "last {time}",
  earlier: "Show earlier messages",
  newer: "New messages",
  emptyChannel: "Nothing has been said here yet.",
  emptyDirect: "This is between you and threadbot.",
  threadGone: "This thread is not there (any more).",
  starting: "The bot is starting. You can write already; it answers as soon as it is there.",
  speechless: "The bot's model does not answer. The terminal says why. What you write now is answered once it does.",
  restarting: "The bot is restarting. What you write now waits for it.",
  stopping: "The playground is stopping.",
  offline: "No connection to the playground. Is `threadbot run` running? Trying again…",
  tooLong: "The message is too long: {length} characters, at most {limit} can be sent.",
  notSent: "The message was not sent: no connection to the playground. Your text is kept.",
  refused: "The message was not sent ({code}). Your text is kept.",
  notLoaded: "The messages could not be loaded.",
  retry: "Try again",
};

const KOREAN = {
  playground: "플레이그라운드",
  channels: "채널",
  directMessages: "다이렉트 메시지",
  messages: "메시지",
  thread: "스레드",
  closeThread: "스레드 닫기",
  inChannel: "{name}",
  channelTopic: "@threadbot을 멘션하면 스레드에서 답합니다.",
  directTopic: "메시지마다 새 대화가 시작됩니다. 멘션은 필요 없습니다.",
  you: "나",
  channelPlaceholder: "@threadbot과 함께 질문을 적어 보세요",
  directPlaceholder: "threadbot에게 메시지 보내기",
  threadPlaceholder: "댓글 쓰기 (답을 받으려면 @threadbot)",
  directThreadPlaceholder: "threadbot에게 댓글 쓰기",
  composerLabel: "{name}에 메시지 보내기",
  threadComposerLabel: "스레드에 댓글 쓰기",
  keys: "Enter로 보내기, Shift+Enter로 줄 바꿈",
  send: "보내기",
  hello: "@threadbot 안녕하세요",
  directHello: "안녕하세요!",
  tryIt: "예:",
  mention: "@threadbot 멘션하기",
  reply: "스레드에 댓글 달기",
  oneReply: "댓글 1개",
  replies: "댓글 {count}개",
  lastReply: "마지막 {time}",
  earlier: "이전 메시지 보기",
  newer: "새 메시지",
  emptyChannel: "아직 아무 말도 없습니다.",
  emptyDirect: "나와 threadbot만의 공간입니다.",
  threadGone: "이 스레드를 찾을 수 없습니다.",
  starting: "봇을 시작하는 중입니다. 지금 써 두시면 준비되는 대로 답합니다.",
  speechless: "봇의 모델이 응답하지 않습니다. 이유는 터미널에 나옵니다. 지금 쓴 글에는 모델이 응답하면 답합니다.",
  restarting: "봇을 다시 시작하는 중입니다. 지금 쓰신 글은 기다렸다가 전달됩니다.",
  stopping: "플레이그라운드를 종료하는 중입니다.",
  offline: "플레이그라운드에 연결되지 않습니다. `threadbot run`이 실행 중인가요? 다시 시도하는 중…",
  tooLong: "메시지가 너무 깁니다. {length}자인데, {limit}자까지 보낼 수 있습니다.",
  notSent: "메시지를 보내지 못했습니다. 플레이그라운드에 연결되지 않습니다. 쓰신 글은 그대로 있습니다.",
  refused: "메시지를 보내지 못했습니다({code}). 쓰신 글은 그대로 있습니다.",
  notLoaded: "메시지를 불러오지 못했습니다.",
  retry: "다시 시도",
};

export const language = navigator.language.toLowerCase().startsWith("ko") ? "ko" : "en";
const texts = language === "ko" ? KOREAN : ENGLISH;
const number = new Intl.NumberFormat(language);
const clock = new Intl.DateTimeFormat(language, { hour: "numeric", minute: "2-digit" });
const day = new Intl.DateTimeFormat(language, { month: "short", day: "numeric", hour: "numeric", minute: "2-digit" });
const full = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "medium" });

export const completeness = { en: Object.keys(ENGLISH), ko: Object.keys(KOREAN) };

export function t(key, values = {}) {
  return texts[key].replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[name];
    return typeof value === "number" ? number.format(value) : value;
  });
}

/** A time (ms since 1970) as it stands beside a message, and in full. */
export function shortTime(ms) {
  const moment = new Date(ms);
  return moment.toDateString() === new Date().toDateString() ? clock.format(moment) : day.format(moment);
}

export function longTime(ms) {
  return full.format(new Date(ms));
}

/** Fill in what index.html leaves to the language. */
export function labelPage() {
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = t(element.dataset.text);
  for (const element of document.querySelectorAll("[data-label]")) element.setAttribute("aria-label", t(element.dataset.label));
}
