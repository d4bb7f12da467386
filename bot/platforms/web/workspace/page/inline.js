// Markdown within a line: code, emphasis, links. Builds elements and text nodes; never parses HTML.
//
// Models and people write it, so nothing in it is trusted, and no text can make it slow.
// Looser than CommonMark in one respect: a closing mark may be followed by a letter, as in **굵게**은.

import { hiddenTarget } from "/page/targets.js";

const LINK_LENGTH = 2000; // characters of an address; longer ones stay text
const PARENTHESES = 32; // within each other in an address
const NESTING = 8; // links and emphasis within each other; deeper marks stay text
const PUNCTUATION = /[!-/:-@[-`{-~]/;
const WORD = /[A-Za-z0-9]/;
const SPACE = /\s/;
const AUTOLINK = /^<((?:https?:\/\/|mailto:)[^\s<>]{1,2000})>/i;
const BARE_LINK = /^https?:\/\/[!-;=?-~]{1,2000}/i;
const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&nbsp;": "\u00a0" };
const ENTITY = /^&(?:amp|lt|gt|quot|#39|nbsp);/;

/** Append *text* to *parent*. */
export function appendInline(parent, text, depth = 0) {
  if (depth > NESTING) return parent.append(text);
  const scan = new Scan(text, depth);
  while (scan.at < text.length) scan.step();
  scan.flush();
  parent.append(...emphasised(scan.pieces));
}

/** The address that a link may have, or null: only what opens a page or a letter. */
export function safeAddress(address) {
  if (address.length > LINK_LENGTH) return null;
  try {
    const url = new URL(address);
    return ["http:", "https:", "mailto:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

class Scan {
  constructor(text, depth) {
    this.text = text;
    this.depth = depth;
    this.at = 0;
    this.pieces = []; // nodes, and runs of * _ ~ that may become emphasis
    this.plain = "";
    this.ticks = null;
    this.brackets = null;
  }

  step() {
    const char = this.text[this.at];
    const taken =
      (char === "\\" && this.escape()) ||
      (char === "\n" && this.lineBreak()) ||
      (char === "`" && this.code()) ||
      ((char === "[" || char === "!") && this.link()) ||
      (char === "<" && this.autolink()) ||
      ((char === "h" || char === "H") && this.bareLink()) ||
      (char === "&" && this.entity()) ||
      ((char === "*" || char === "_" || char === "~") && this.run(char));
    if (!taken) {
      this.plain += char;
      this.at += 1;
    }
  }

  flush() {
    if (this.plain) this.pieces.push(document.createTextNode(this.plain));
    this.plain = "";
  }

  put(node, end) {
    this.flush();
    this.pieces.push(node);
    this.at = end;
    return true;
  }

  escape() {
    const next = this.text[this.at + 1] ?? "";
    if (!PUNCTUATION.test(next)) return false;
    this.plain += next;
    this.at += 2;
    return true;
  }

  lineBreak() {
    this.plain = this.plain.trimEnd();
    if (this.plain.endsWith("\\")) this.plain = this.plain.slice(0, -1);
    return this.put(document.createElement("br"), this.at + 1);
  }

  code() {
    let end = this.at;
    while (this.text[end] === "`") end += 1;
    const length = end - this.at;
    this.ticks ??= runsOfTicks(this.text);
    const ahead = this.ticks.get(length) ?? [];
    while (ahead.length && ahead.at(-1) < end) ahead.pop();
    const close = ahead.at(-1);
    if (close === undefined) {
      this.plain += this.text.slice(this.at, end);
      this.at = end;
      return true;
    }
    const code = document.createElement("code");
    const content = this.text.slice(end, close).replaceAll("\n", " ");
    const padded = content.length > 2 && content.startsWith(" ") && content.endsWith(" ") && content.trim() !== "";
    code.textContent = padded ? content.slice(1, -1) : content;
    return this.put(code, close + length);
  }

  /** [text](address), and ![text](address): pictures are not loaded, they are links. */
  link() {
    const open = this.text[this.at] === "!" ? this.at + 1 : this.at;
    if (this.text[open] !== "[") return false;
    this.brackets ??= matchingBrackets(this.text);
    const close = this.brackets.get(open);
    if (close === undefined || this.text[close + 1] !== "(") return false;
    const target = destination(this.text, close + 2);
    const href = target && safeAddress(target.address);
    if (!href) return false;
    const link = anchor(href);
    appendInline(link, this.text.slice(open + 1, close) || href, this.depth + 1);
    for (const inner of link.querySelectorAll("a")) inner.replaceWith(...inner.childNodes);
    const host = hiddenTarget(link.textContent, href);
    this.put(link, target.end);
    if (host) this.plain += ` (${host})`;
    return true;
  }

  autolink() {
    const found = AUTOLINK.exec(this.text.slice(this.at, this.at + LINK_LENGTH));
    const href = found && safeAddress(found[1]);
    if (!href) return false;
    return this.put(anchor(href, found[1]), this.at + found[0].length);
  }

  bareLink() {
    if (this.at > 0 && /[A-Za-z0-9_]/.test(this.text[this.at - 1])) return false;
    const found = BARE_LINK.exec(this.text.slice(this.at, this.at + LINK_LENGTH));
    if (!found) return false;
    const shown = withoutTail(found[0]);
    const href = safeAddress(shown);
    if (!href) return false;
    return this.put(anchor(href, shown), this.at + shown.length);
  }

  entity() {
    const found = ENTITY.exec(this.text.slice(this.at, this.at + 8));
    if (!found) return false;
    this.plain += ENTITIES[found[0]];
    this.at += found[0].length;
    return true;
  }

  run(char) {
    let end = this.at;
    while (this.text[end] === char) end += 1;
    const before = this.text[this.at - 1] ?? " ";
    const after = this.text[end] ?? " ";
    const within = char === "_" && WORD.test(before) && WORD.test(after); // snake_case
    const piece = { char, length: end - this.at, opens: !SPACE.test(after) && !within, closes: !SPACE.test(before) && !within };
    if (char === "_" && WORD.test(before)) piece.opens = false;
    if (char === "_" && WORD.test(after)) piece.closes = false;
    return this.put(piece, end);
  }
}

/** Put the pieces between matching runs into <strong>, <em> and <del>. */
function emphasised(pieces) {
  const out = [];
  const openers = []; // {piece, index in out}
  for (const piece of pieces) {
    if (piece instanceof Node) {
      out.push(piece);
      continue;
    }
    while (piece.closes && piece.length > 0 && close(piece, out, openers));
    if (piece.length === 0) continue;
    if (piece.opens) openers.push({ piece, index: out.length });
    out.push(piece);
  }
  return out.map(asNode);
}

function close(closer, out, openers) {
  let found = openers.length - 1;
  while (found >= 0 && openers[found].piece.char !== closer.char) found -= 1;
  if (found < 0) return false;
  const { piece: opener, index } = openers[found];
  const width = Math.min(opener.length, closer.length, 2);
  if (closer.char === "~" && width < 2) return false;
  if (index === out.length - 1) return false; // nothing between them
  const element = document.createElement(closer.char === "~" ? "del" : width === 2 ? "strong" : "em");
  element.append(...out.splice(index + 1).map(asNode));
  openers.length = found + 1;
  opener.length -= width;
  closer.length -= width;
  if (opener.length === 0) {
    out.pop();
    openers.pop();
  }
  out.push(element);
  return true;
}

function asNode(piece) {
  return piece instanceof Node ? piece : document.createTextNode(piece.char.repeat(piece.length));
}

/** Length of a run of backticks → where such runs start, the last one first. */
function runsOfTicks(text) {
  const runs = new Map();
  for (const { 0: run, index } of text.matchAll(/`+/g)) {
    if (!runs.has(run.length)) runs.set(run.length, []);
    runs.get(run.length).push(index);
  }
  for (const positions of runs.values()) positions.reverse();
  return runs;
}

function matchingBrackets(text) {
  const pairs = new Map();
  const open = [];
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === "[") open.push(at);
    else if (text[at] === "]" && open.length) pairs.set(open.pop(), at);
  }
  return pairs;
}

/** `address "title")` from *start* on: {address, end}, or null. */
function destination(text, start) {
  const rest = text.slice(start, start + LINK_LENGTH);
  const angled = /^\s{0,9}<([^<>\n]*)>/.exec(rest);
  const taken = angled ? { address: angled[1], end: angled[0].length } : balanced(rest);
  if (!taken) return null;
  const tail = /^(?:\s{1,9}(?:"[^"]{0,300}"|'[^']{0,300}'))?\s{0,9}\)/.exec(rest.slice(taken.end));
  return tail && { address: taken.address, end: start + taken.end + tail[0].length };
}

function balanced(rest) {
  let depth = 0;
  let end = 0;
  for (; end < rest.length && !SPACE.test(rest[end]); end += 1) {
    if (rest[end] === "(" && ++depth > PARENTHESES) return null;
    if (rest[end] === ")" && --depth < 0) break;
  }
  return end > 0 ? { address: rest.slice(0, end), end } : null;
}

/** A bare address without the punctuation of the sentence around it. */
function withoutTail(address) {
  let end = address.length;
  while (end > 0) {
    const last = address[end - 1];
    const unopened = last === ")" && !address.slice(0, end).includes("(");
    if (!/[.,;:!?'"*_~`|\]]/.test(last) && !unopened) break;
    end -= 1;
  }
  return address.slice(0, end);
}

function anchor(href, text = "") {
  const link = document.createElement("a");
  link.href = href;
  link.target = "_blank";
  link.rel = "noopener noreferrer nofollow";
  link.title = href; // where it really goes
  link.append(text);
  return link;
}
