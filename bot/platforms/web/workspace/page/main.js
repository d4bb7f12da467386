// The page: which channel and which thread are open, and who is told of what. The address after # says the same:
// #general, #general/12.

import * as api from "/page/api.js";
import { Composer } from "/page/composer.js";
import { MessageList, nameOf } from "/page/messages.js";
import { labelPage, t } from "/page/texts.js";

const QUIET_MS = 1500; // an answer that has not grown for so long is read out
const NARROW = matchMedia("(max-width: 760px)");
const at = (id) => document.getElementById(id);

class Page {
  constructor() {
    this.workspace = null;
    this.channel = null;
    this.thread = null; // the id of its root
    this.announcements = new Map(); // message id → timer
    this.channelList = new MessageList(at("channel-messages"), {
      open: (root) => this.go(this.channel.id, root),
      earlier: () => this.loadChannel(this.first(this.channelList)),
    });
    this.threadList = new MessageList(at("thread-messages"), { earlier: () => this.loadThread(this.threadList.oldest) });
    this.channelComposer = new Composer(at("channel-composer"), (message) => this.sent(message));
    this.threadComposer = new Composer(at("thread-composer"), (message) => this.sent(message));
    at("close-thread").addEventListener("click", () => this.closeThread());
    at("thread").addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.isComposing) this.closeThread();
    });
    addEventListener("hashchange", () => this.route());
  }

  async start() {
    try {
      this.workspace = await api.workspace();
    } catch {
      this.state("offline");
      return setTimeout(() => this.start(), 1500);
    }
    this.channelComposer.limit = this.threadComposer.limit = this.workspace.text_limit;
    this.drawChannels();
    this.state(this.workspace.bot);
    this.route();
    api.follow(this.workspace.revision, {
      message: (message) => this.changed(message),
      bot: (state) => this.state(state),
      lost: () => this.state("offline"),
      hello: (file) => file === this.workspace.file || location.reload(), // another workspace is served now
    });
  }

  // Where we are

  go(channel, thread) {
    location.hash = thread ? `${channel}/${thread}` : channel;
  }

  route() {
    const [id, root] = location.hash.slice(1).split("/");
    const channel = this.workspace?.channels.find((one) => one.id === id) ?? this.workspace?.channels[0];
    if (!channel) return;
    if (channel !== this.channel) this.showChannel(channel);
    this.showThread(/^[1-9]\d{0,15}$/.test(root ?? "") ? Number(root) : null);
  }

  showChannel(channel) {
    this.channel = channel;
    const name = channelName(channel);
    at("channel-title").textContent = name;
    at("channel-topic").textContent = t(channel.direct ? "directTopic" : "channelTopic");
    document.title = `${name} · Threadbot`;
    for (const link of document.querySelectorAll("#sidebar a")) {
      if (link.dataset.channel === channel.id) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    const hello = t(channel.direct ? "directHello" : "hello");
    this.channelComposer.turnTo(
      { channel: channel.id },
      {
        label: t("composerLabel", { name }),
        placeholder: t(channel.direct ? "directPlaceholder" : "channelPlaceholder"),
        chips: [{ text: hello, label: hello }],
      },
    );
    this.channelList.clear();
    this.loadChannel();
    if (!NARROW.matches) this.channelComposer.field.focus();
  }

  showThread(root) {
    if (root === this.thread && root !== null && !at("thread").hidden) return;
    this.thread = root;
    at("thread").hidden = root === null;
    at("app").classList.toggle("with-thread", root !== null);
    this.channelList.mark(root);
    this.threadList.clear();
    if (root === null) return;
    at("thread-place").textContent = t("inChannel", { name: channelName(this.channel) });
    this.threadComposer.turnTo(
      { channel: this.channel.id, thread: root },
      {
        label: t("threadComposerLabel"),
        placeholder: t(this.channel.direct ? "directThreadPlaceholder" : "threadPlaceholder"),
        chips: this.channel.direct ? [] : [{ text: "@threadbot ", label: t("mention") }],
      },
    );
    this.loadThread();
    if (!this.staying && !NARROW.matches) this.threadComposer.field.focus();
    this.staying = false;
  }

  closeThread() {
    const opener = this.channelList.messages.get(this.thread)?.element?.querySelector(".replies");
    this.go(this.channel.id, null);
    opener?.focus();
  }

  // What is there

  async loadChannel(before) {
    const { channel } = this;
    try {
      const page = await api.channel(channel.id, before);
      if (channel !== this.channel) return;
      this.channelList.merge(page.messages, page.earlier);
      this.channelList.mark(this.thread);
      if (!this.channelList.list.childElementCount) this.channelList.say(t(channel.direct ? "emptyDirect" : "emptyChannel"));
    } catch {
      if (channel === this.channel) this.channelList.say(t("notLoaded"), () => this.loadChannel(before));
    }
  }

  async loadThread(before) {
    const { thread: root } = this;
    try {
      const page = await api.thread(root, before);
      if (root !== this.thread) return;
      if (page.root.channel !== this.channel.id) return this.threadList.say(t("threadGone"));
      this.threadList.merge([page.root, ...page.messages], page.earlier);
    } catch (error) {
      if (root !== this.thread) return;
      const gone = error instanceof api.Refused && error.status === 404;
      this.threadList.say(t(gone ? "threadGone" : "notLoaded"), gone ? undefined : () => this.loadThread(before));
    }
  }

  first(list) {
    return Number(list.list.firstElementChild?.dataset.id);
  }

  changed(message) {
    if (message.channel === this.channel.id && message.id === message.thread) this.channelList.update(message);
    if (message.thread === this.thread) this.threadList.update(message);
    if (message.channel === this.channel.id) this.channelList.mark(this.thread);
    if (message.author.kind !== "person" && !message.deleted) this.announce(message);
  }

  /** Our own message was taken. A question opens its thread: the answer will come there. */
  sent(message) {
    const isRoot = message.id === message.thread;
    (isRoot ? this.channelList : this.threadList).following = true;
    this.changed(message);
    const asks = this.channel.direct || /@threadbot/i.test(message.text);
    if (!isRoot || !asks || NARROW.matches) return;
    this.staying = true; // the focus: the next message may be for the channel too
    this.go(this.channel.id, message.id);
  }

  // What is said about it

  state(state) {
    const line = at("state");
    const sentence = state === "running" ? "" : t(state);
    if (line.textContent !== sentence) line.textContent = sentence;
    line.hidden = sentence === "";
    line.dataset.state = state;
  }

  /** Read a message of the bot out once it stops growing. */
  announce(message) {
    clearTimeout(this.announcements.get(message.id));
    const timer = setTimeout(() => {
      this.announcements.delete(message.id);
      at("announcer").textContent = `${nameOf(message.author)}: ${[message.text, ...message.notes].join("\n")}`;
    }, QUIET_MS);
    this.announcements.set(message.id, timer);
  }

  drawChannels() {
    for (const channel of this.workspace.channels) {
      const link = document.createElement("a");
      link.href = `#${channel.id}`;
      link.dataset.channel = channel.id;
      const sign = document.createElement("span");
      sign.className = channel.direct ? "avatar" : "hash";
      sign.setAttribute("aria-hidden", "true");
      sign.textContent = channel.direct ? "" : "#";
      link.append(sign, channel.direct ? "threadbot" : channel.id);
      const item = document.createElement("li");
      item.append(link);
      at(channel.direct ? "direct-links" : "channel-links").append(item);
    }
  }
}

function channelName(channel) {
  return channel.direct ? "threadbot" : `# ${channel.id}`;
}

labelPage();
new Page().start();
