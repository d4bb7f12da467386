// A list of messages: drawn, kept current, scrolled. Where messages come from is main.js's business.

import { markdown } from "/page/markdown.js";
import { longTime, shortTime, t } from "/page/texts.js";

const MENTION = /(?<![A-Za-z0-9_@/])@threadbot(?![A-Za-z0-9_-]|\.[A-Za-z0-9])/gi; // as in events.py
const AT_BOTTOM = 60; // px from the end that still count as the end

export class MessageList {
  /** *actions*: {open(root), earlier()}; without `open` the list is a thread: its messages offer no replies. */
  constructor(scroller, actions) {
    this.scroller = scroller;
    this.actions = actions;
    this.earlierButton = button("earlier", t("earlier"), () => actions.earlier());
    this.placeholder = create("p", "placeholder");
    this.list = create("ol", "messages");
    this.newer = button("newer", `↓ ${t("newer")}`, () => this.toBottom());
    this.newer.hidden = true;
    scroller.append(this.earlierButton, this.placeholder, this.list);
    scroller.after(this.newer);
    scroller.addEventListener("scroll", () => this.noteScroll(), { passive: true });
    new ResizeObserver(() => this.follow()).observe(scroller);
    this.clear();
  }

  clear() {
    this.messages = new Map(); // id → {message, element}
    this.oldest = 0; // messages before this id are not loaded
    this.following = true; // the reader is at the end, and stays there when the list grows
    this.list.replaceChildren();
    this.earlierButton.hidden = true;
    this.newer.hidden = true;
    this.say("");
  }

  /** A sentence where there are no messages; with *retry* a button that tries again. */
  say(sentence, retry) {
    this.placeholder.replaceChildren(sentence);
    if (retry) this.placeholder.append(" ", button("retry", t("retry"), retry));
    this.placeholder.hidden = sentence === "";
  }

  /** A page as it was loaded, oldest first; *earlier* says whether there is another page before it. */
  merge(messages, earlier) {
    const before = this.scroller.scrollHeight - this.scroller.scrollTop;
    for (const message of messages) this.draw(message);
    this.earlierButton.hidden = !earlier;
    const replies = messages.filter((message) => !this.isRoot(message));
    this.oldest = earlier ? (replies[0]?.id ?? 0) : 0;
    if (this.following) this.toBottom();
    else this.scroller.scrollTop = this.scroller.scrollHeight - before;
  }

  /** A message as it is now. Returns whether it is new here. */
  update(message) {
    if (message.id < this.oldest && !this.messages.has(message.id) && !this.isRoot(message)) return false;
    const isNew = !this.messages.has(message.id) && !message.deleted;
    this.draw(message);
    if (this.following) this.toBottom();
    else if (isNew) this.newer.hidden = false;
    return isNew;
  }

  isRoot(message) {
    return !this.actions.open && message.id === message.thread;
  }

  draw(message) {
    const known = this.messages.get(message.id);
    if (known && known.message.revision >= message.revision) return;
    const element = message.deleted ? null : this.element(message, known?.element);
    this.messages.set(message.id, { message, element });
    if (!element) return known?.element?.remove();
    this.say("");
    if (known?.element) {
      if (known.element !== element) known.element.replaceWith(element);
    } else this.insert(element, message.id);
  }

  insert(element, id) {
    let next = null;
    for (let other = this.list.lastElementChild; other && Number(other.dataset.id) > id; other = other.previousElementSibling) next = other;
    this.list.insertBefore(element, next);
  }

  /** The <li> of a message; an earlier one is filled anew, so that it stays where the reader or the focus is. */
  element(message, earlier) {
    const element = earlier ?? create("li", `message ${message.author.kind}`);
    element.dataset.id = message.id;
    const body = create("div", "body");
    body.append(head(message));
    if (message.text || !message.notes.length) body.append(text(message));
    if (message.notes.length) body.append(notes(message));
    if (this.actions.open) body.append(this.replies(message, earlier?.querySelector(".replies")));
    element.replaceChildren(avatar(message.author), body);
    element.classList.toggle("root", this.isRoot(message));
    return element;
  }

  /** The button stays the same element, so that it keeps the focus. */
  replies(message, earlier) {
    const element = earlier ?? button("replies", "", () => this.actions.open(message.id));
    element.classList.toggle("none", message.replies === 0);
    if (message.replies === 0) element.replaceChildren(t("reply"));
    else {
      const count = create("b", "");
      count.textContent = message.replies === 1 ? t("oneReply") : t("replies", { count: message.replies });
      const last = create("span", "");
      last.textContent = t("lastReply", { time: shortTime(message.last_reply_at) });
      element.replaceChildren(count, " ", last);
    }
    return element;
  }

  mark(root) {
    for (const [id, { element }] of this.messages) element?.classList.toggle("open", id === root);
  }

  noteScroll() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    this.following = scrollHeight - scrollTop - clientHeight < AT_BOTTOM;
    if (this.following) this.newer.hidden = true;
  }

  follow() {
    if (this.following) this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  toBottom() {
    this.following = true;
    this.newer.hidden = true;
    this.follow();
  }
}

export function nameOf(author) {
  return author.kind === "person" && author.id === "you" ? t("you") : author.name;
}

function avatar(author) {
  const element = create("span", "avatar");
  element.setAttribute("aria-hidden", "true");
  element.textContent = author.kind === "person" ? nameOf(author).slice(0, 1) : "";
  return element;
}

function head(message) {
  const element = create("p", "head");
  const name = create("b", "author");
  name.textContent = nameOf(message.author);
  const time = create("time", "");
  time.dateTime = new Date(message.posted_at).toISOString();
  time.title = longTime(message.posted_at);
  time.textContent = shortTime(message.posted_at);
  element.append(name, " ", time);
  return element;
}

/** Only bots write Markdown; what a person wrote is shown as written. */
function text(message) {
  const element = create("div", "text");
  if (message.author.kind === "person") plain(element, message.text);
  else {
    element.classList.add("markdown");
    element.append(markdown(message.text));
  }
  return element;
}

function plain(element, words) {
  element.classList.add("plain");
  let at = 0;
  for (const { 0: mention, index } of words.matchAll(MENTION)) {
    const mark = create("span", "mention");
    mark.textContent = mention;
    element.append(words.slice(at, index), mark);
    at = index + mention.length;
  }
  element.append(words.slice(at));
}

/** Sentences of the bot's own: small below an answer, the message itself where there is none. */
function notes(message) {
  const element = create("div", message.text ? "notes" : "text");
  for (const sentence of message.notes) {
    const line = create("p", "");
    line.textContent = sentence;
    element.append(line);
  }
  return element;
}

function create(tag, className) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  return element;
}

function button(className, label, act) {
  const element = create("button", className);
  element.type = "button";
  element.textContent = label;
  element.addEventListener("click", act);
  return element;
}
