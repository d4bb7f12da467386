// Markdown in blocks: paragraphs, headings, lists, quotes, code, tables. What stands within a line is in inline.js.
//
// Builds elements; HTML in the text stays text. A text that is still being written is as welcome as a whole one: a
// code block without an end goes to the end.

import { appendInline } from "/page/inline.js";

const NESTING = 12; // lists and quotes within each other; deeper ones are paragraphs
const FENCE = /^ {0,3}(`{3,}|~{3,})([^`]*)$/;
const HEADING = /^ {0,3}(#{1,6})(?:[ \t]|$)/;
const RULE = /^ {0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( {0,3})([-*+]|\d{1,9}[.)])(?:([ \t]+)|$)/;
const DELIMITER = /^:?-+:?$/;

/** A fragment with *text* as elements. */
export function markdown(text) {
  const fragment = document.createDocumentFragment();
  appendBlocks(fragment, text.replaceAll("\r\n", "\n").split("\n"), 0);
  return fragment;
}

function appendBlocks(parent, lines, depth) {
  let at = 0;
  while (at < lines.length) {
    if (isBlank(lines[at])) at += 1;
    else at = (depth < NESTING && special(parent, lines, at, depth)) || paragraph(parent, lines, at);
  }
}

/** Append the block that starts at line *at*, if it is more than a paragraph. Returns the line after it, or 0. */
function special(parent, lines, at, depth) {
  const line = lines[at];
  if (FENCE.test(line)) return fence(parent, lines, at);
  if (HEADING.test(line)) return heading(parent, line, at);
  if (RULE.test(line)) return rule(parent, at);
  if (QUOTE.test(line)) return quote(parent, lines, at, depth);
  if (ITEM.test(line)) return list(parent, lines, at, depth);
  if (startsTable(lines, at)) return table(parent, lines, at);
  if (indentOf(line) >= 4) return indented(parent, lines, at);
  return 0;
}

function interrupts(lines, at) {
  const line = lines[at];
  const item = ITEM.exec(line);
  const startsList = item && item[3] !== undefined && (item[2].length === 1 || /^1[.)]$/.test(item[2]));
  return FENCE.test(line) || HEADING.test(line) || RULE.test(line) || QUOTE.test(line) || startsList || startsTable(lines, at);
}

function paragraph(parent, lines, at) {
  let end = at + 1;
  while (end < lines.length && !isBlank(lines[end]) && !interrupts(lines, end)) end += 1;
  const element = create(parent, "p");
  appendInline(element, lines.slice(at, end).map((line) => line.trimStart()).join("\n").trimEnd());
  return end;
}

function fence(parent, lines, at) {
  const [, marks, info] = FENCE.exec(lines[at]);
  const indent = indentOf(lines[at]);
  const isEnd = (line) => line.trim().length >= marks.length && line.trim() === marks[0].repeat(line.trim().length) && indentOf(line) < 4;
  let end = at + 1;
  while (end < lines.length && !isEnd(lines[end])) end += 1;
  code(parent, lines.slice(at + 1, end).map((line) => dedent(line, indent)), info.trim().split(/\s/)[0]);
  return end + 1;
}

function indented(parent, lines, at) {
  let end = at;
  while (end < lines.length && (isBlank(lines[end]) || indentOf(lines[end]) >= 4)) end += 1;
  code(parent, lines.slice(at, end).map((line) => dedent(line, 4)), "");
  return end;
}

function code(parent, lines, language) {
  const block = create(parent, "pre");
  block.tabIndex = 0; // it scrolls sideways, with the keyboard too
  const element = create(block, "code");
  if (language) block.dataset.language = language;
  element.textContent = lines.join("\n").replace(/\n+$/, "");
}

function heading(parent, line, at) {
  const level = HEADING.exec(line)[1].length;
  // The page has its own h1 and h2.
  appendInline(create(parent, `h${Math.min(level + 2, 6)}`), withoutClosing(line.trim().slice(level).trim()));
  return at + 1;
}

/** `## Title ##` may end as it began. */
function withoutClosing(title) {
  let end = title.length;
  while (title[end - 1] === "#") end -= 1;
  return end === 0 || /\s/.test(title[end - 1]) ? title.slice(0, end).trim() : title;
}

function rule(parent, at) {
  create(parent, "hr");
  return at + 1;
}

function quote(parent, lines, at, depth) {
  let end = at;
  while (end < lines.length && QUOTE.test(lines[end])) end += 1;
  appendBlocks(create(parent, "blockquote"), lines.slice(at, end).map((line) => line.replace(QUOTE, "")), depth + 1);
  return end;
}

function list(parent, lines, at, depth) {
  const [, , marker] = ITEM.exec(lines[at]);
  const ordered = /\d/.test(marker);
  const element = create(parent, ordered ? "ol" : "ul");
  if (ordered && marker.slice(0, -1) !== "1") element.start = Number(marker.slice(0, -1));
  let next = at;
  while (next < lines.length && continues(lines[next], marker)) next = item(element, lines, next, depth);
  return next;
}

function continues(line, marker) {
  const found = ITEM.exec(line);
  return found !== null && !RULE.test(line) && found[2].at(-1) === marker.at(-1);
}

function item(parent, lines, at, depth) {
  const [, indent, marker, space = ""] = ITEM.exec(lines[at]);
  const width = indent.length + marker.length + (space.length > 4 ? 1 : Math.max(space.length, 1));
  const own = [lines[at].slice(Math.min(width, lines[at].length))];
  let next = at + 1;
  while (next < lines.length && belongs(lines, next, width)) next += 1;
  while (next > at + 1 && isBlank(lines[next - 1])) next -= 1;
  own.push(...lines.slice(at + 1, next).map((line) => dedent(line, width)));
  appendBlocks(create(parent, "li"), own, depth + 1);
  while (next < lines.length && isBlank(lines[next])) next += 1;
  return next;
}

/** Whether a line is still part of the item above it. Two spaces are enough, as models write nested lists. */
function belongs(lines, at, width) {
  const line = lines[at];
  if (isBlank(line)) return at + 1 < lines.length && (isBlank(lines[at + 1]) || indentOf(lines[at + 1]) >= Math.min(width, 2));
  if (indentOf(line) >= Math.min(width, 2)) return true;
  return !isBlank(lines[at - 1]) && !interrupts(lines, at) && !ITEM.test(line);
}

function startsTable(lines, at) {
  if (!lines[at].includes("|") || !(lines[at + 1] ?? "").includes("-")) return false;
  const delimiters = cells(lines[at + 1]);
  return delimiters.every((cell) => DELIMITER.test(cell)) && delimiters.length === cells(lines[at]).length;
}

function table(parent, lines, at) {
  const frame = create(parent, "div");
  frame.className = "table";
  const element = create(frame, "table");
  const sides = cells(lines[at + 1]).map((cell) => (cell.endsWith(":") ? (cell.startsWith(":") ? "center" : "right") : ""));
  row(create(element, "thead"), "th", cells(lines[at]), sides);
  const body = create(element, "tbody");
  let next = at + 2;
  for (; next < lines.length && !isBlank(lines[next]) && lines[next].includes("|"); next += 1) row(body, "td", cells(lines[next]), sides);
  return next;
}

function row(parent, tag, values, sides) {
  const element = create(parent, "tr");
  sides.forEach((side, column) => {
    const cell = create(element, tag);
    if (side) cell.classList.add(side);
    appendInline(cell, values[column] ?? "");
  });
}

function cells(line) {
  const found = [""];
  for (let at = 0; at < line.length; at += 1) {
    if (line[at] === "\\" && line[at + 1] === "|") found[found.length - 1] += line[++at];
    else if (line[at] === "|") found.push("");
    else found[found.length - 1] += line[at];
  }
  if (isBlank(found[0])) found.shift();
  if (found.length > 1 && isBlank(found.at(-1))) found.pop();
  return found.map((cell) => cell.trim());
}

function indentOf(line) {
  let width = 0;
  for (const char of line) {
    if (char === " ") width += 1;
    else if (char === "\t") width += 4 - (width % 4);
    else break;
  }
  return width;
}

function dedent(line, width) {
  let at = 0;
  let taken = 0;
  while (taken < width && (line[at] === " " || line[at] === "\t")) {
    taken += line[at] === "\t" ? 4 - (taken % 4) : 1;
    at += 1;
  }
  return line.slice(at);
}

function isBlank(line) {
  return line.trim() === "";
}

function create(parent, tag) {
  const element = document.createElement(tag);
  parent.append(element);
  return element;
}
