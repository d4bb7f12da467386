// Where messages are written. A text is kept until the server has it, for each place of its own.

import { Refused, post } from "/page/api.js";
import { t } from "/page/texts.js";

let count = 0;

export class Composer {
  /** *sent(message)* is called with each message that the server has taken. */
  constructor(place, sent) {
    this.sent = sent;
    this.drafts = new Map(); // place → {text, nonce}
    this.key = "";
    this.target = null; // {channel, thread}
    this.limit = Infinity; // characters
    this.sending = false;
    this.build(place);
  }

  build(place) {
    count += 1;
    this.form = create("form", "composer");
    this.field = create("textarea");
    this.field.rows = 1;
    this.field.disabled = true; // until it is known where to: what is written before would be overwritten
    this.field.setAttribute("aria-describedby", `composer-keys-${count}`);
    this.chips = create("div", "chips");
    this.error = create("p", "error");
    this.error.setAttribute("role", "alert");
    this.keys = create("p", "keys");
    this.keys.id = `composer-keys-${count}`;
    this.keys.textContent = t("keys");
    this.button = create("button", "send");
    this.button.type = "submit";
    this.button.append(arrow());
    this.button.setAttribute("aria-label", t("send"));
    const box = create("div", "box");
    box.append(this.field, this.button);
    this.form.append(this.chips, this.error, box, this.keys);
    place.append(this.form);
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    this.field.addEventListener("keydown", (event) => this.onKey(event));
    this.field.addEventListener("input", () => this.changed());
  }

  /** Write to another place: {channel, thread}, with its words: {label, placeholder, chips: [{text, label}]}. */
  turnTo(target, words) {
    this.target = target;
    this.field.disabled = false;
    this.key = `${target.channel}/${target.thread ?? ""}`;
    this.field.setAttribute("aria-label", words.label);
    this.field.placeholder = words.placeholder;
    this.suggestions = words.chips;
    this.fill(this.drafts.get(this.key)?.text ?? "");
    this.fail("");
  }

  fill(text) {
    this.field.value = text;
    this.changed();
  }

  changed() {
    const text = this.field.value;
    const draft = this.drafts.get(this.key);
    if (draft?.text !== text) this.drafts.set(this.key, { text, nonce: crypto.getRandomValues(new Uint32Array(4)).join("-") });
    this.button.disabled = text.trim() === "";
    this.offer(text.trim() === "" ? this.suggestions : []);
    this.grow();
  }

  grow() {
    this.field.style.height = "auto";
    this.field.style.height = `${this.field.scrollHeight}px`;
  }

  offer(suggestions = []) {
    this.chips.replaceChildren();
    if (!suggestions.length) return;
    this.chips.append(t("tryIt"));
    for (const suggestion of suggestions) {
      const chip = create("button", "chip");
      chip.type = "button";
      chip.textContent = suggestion.label;
      chip.addEventListener("click", () => {
        this.fill(suggestion.text);
        this.field.focus();
      });
      this.chips.append(chip);
    }
  }

  onKey(event) {
    // While Hangul is being composed, Enter ends the syllable; Safari says so with the key code only.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.send();
  }

  async send() {
    const { key, target } = this;
    const { text, nonce } = this.drafts.get(key) ?? { text: "" };
    if (this.sending || text.trim() === "") return;
    const length = [...text].length;
    if (length > this.limit) return this.fail(t("tooLong", { length, limit: this.limit }));
    this.sending = true;
    try {
      const message = await post({ ...target, text, nonce });
      this.done(key, text);
      this.sent(message);
    } catch (error) {
      if (key === this.key) this.fail(sentence(error));
    } finally {
      this.sending = false;
    }
  }

  /** The server has *text*; what was written since stays. */
  done(key, text) {
    if (this.drafts.get(key)?.text === text) this.drafts.delete(key);
    if (key !== this.key) return;
    this.fail("");
    if (this.field.value === text) this.fill("");
  }

  fail(sentence) {
    this.error.textContent = sentence;
  }
}

function sentence(error) {
  if (!(error instanceof Refused)) return t("notSent");
  if (error.code === "message_too_long") return t("tooLong", error.facts);
  return t("refused", { code: error.code });
}

function create(tag, className) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  return element;
}

function arrow() {
  const image = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  image.setAttribute("viewBox", "0 0 20 20");
  image.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", "M10 16V4M5 9l5-5 5 5");
  image.append(path);
  return image;
}
