// Where a link goes, for labels that name another host. The same rules as for Slack; the browser itself reads the hosts.

const LONGEST_LABEL = 300; // characters that are looked at; a longer one may name any host
const BIDIRECTIONAL = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Cf}]/gu;
const CONTROL = /[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]/g; // shown as nothing
const NARROW = /[\u2004-\u2006\u2008-\u200a\u2028\u2029\u202f\u205f]/g; // blanks; NFKC makes usual ones of them
const GAP = "\x1f"; // one of those, within seen()
const UNSEEN_GAP = /(?<=[./:@])\x1f+|(?<!\x1f)\x1f+(?=[./:@])/g; // where none is seen
const SLASHES = /[\\⁄∕⧸╱]/g; // those that NFKC leaves
// What looks like a full stop; a zero does between letters alone.
const FULL_STOP =
  /[。\u0701\u0702\u06d4\u2804\u2820\u2840\u2880\ua4f8\ua60e\u{10a50}\u{1d16d}]|(?<=[a-z])[\u0660\u06f0](?=[a-z])/gu;
const SEPARATORS = /(?![\x00-\x7f])[\p{P}\p{Z}\p{Sm}\p{Sc}\p{Sk}\u2800]/gu;
const PART = "[^\\s!-,./:-@\\[-^`{-~]+";
const NAMED = new RegExp(
  `(?:https?:/*|//+)(?<addressed>${PART}(?:\\.${PART})*)` +
    "|(?<![0-9a-z:])\\[?(?<six>[0-9a-f]*:[0-9a-f:]*:[0-9a-f:.]*)\\]?" +
    `|(?<dotted>${PART}(?:\\.${PART})+)` +
    "|(?<![\\w.-])(?<number>0x[0-9a-f]{7,8}|[0-9]{8,11})(?![\\w.-])",
  "gu",
);
const PATH = /(?::[0-9]*)?[/?#]\S*/y;
const ABBREVIATION = /^[a-z](?:\.[a-z])+$/; // e.g., U.S.: no name of a single letter is a top-level domain
const PARTICLE = /(\.[a-z][a-z0-9-]*)[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]+$/; // bank.com에서
// Cyrillic and Greek letters that look like Latin ones, and Latin ones; the Python side has all of Unicode's.
const LOOKS_LIKE_ASCII = /^[\w\-авекмнорстухѕіјӏԁһԛԝѵαιονρτυ]+$/;

/** The host that *href* leads to, where a reader of *label* may expect another one; else "". */
export function hiddenTarget(label, href) {
  const mail = href.startsWith("mailto:");
  const hosts = mail ? recipients(href) : [new URL(href).hostname];
  const clear = label.length <= LONGEST_LABEL && !BIDIRECTIONAL.test(label);
  const text = clear ? seen(label, mail) : "";
  return hosts.find((host) => host && !(clear && namesOnly(text, host))) ?? "";
}

/** The hosts of all to whom a mail would go (RFC 6068). */
function recipients(href) {
  const [to, query] = href.slice("mailto:".length).split("#")[0].split(/\?(.*)/s);
  const fields = [...new URLSearchParams(`to=${to.replaceAll("&", "%26").replaceAll("+", "%2B")}&${query ?? ""}`)];
  const boxes = fields.filter(([name]) => /^(?:to|cc|bcc)$/i.test(name)).flatMap(([, value]) => value.split(/[,;]/));
  return boxes.filter((box) => box.includes("@")).map((box) => asBrowsers(box.slice(box.lastIndexOf("@") + 1)));
}

/** *label* as people see it, in small letters; of mail addresses the hosts. */
function seen(label, mail) {
  const blanks = label.replace(CONTROL, "").replace(NARROW, GAP);
  const plain = blanks.normalize("NFKC").toLowerCase().replace(INVISIBLE, "");
  const dotted = plain.replace(FULL_STOP, ".").replace(SLASHES, "/").replace(SEPARATORS, " ");
  const text = dotted.replace(UNSEEN_GAP, "").replaceAll(GAP, " ");
  return mail ? text.replace(/[^\s@]+@/g, " ") : text;
}

function namesOnly(text, host) {
  NAMED.lastIndex = 0;
  for (let found = NAMED.exec(text); found; found = NAMED.exec(text)) {
    const named = readings(found.groups);
    if (!named.length) continue;
    if (!named.some((name) => leads(name, host))) return false;
    PATH.lastIndex = NAMED.lastIndex;
    if (PATH.test(text)) NAMED.lastIndex = PATH.lastIndex; // a path behind the target names no host
  }
  return true;
}

/** What somebody may take for the host; nothing where it is no host after all. */
function readings({ addressed, six, dotted, number }) {
  if (six !== undefined) return [asBrowsers(`[${six}]`)].filter(Boolean);
  if (number !== undefined) return [asBrowsers(number)].filter(Boolean);
  if (dotted && ABBREVIATION.test(dotted)) return [];
  const word = (addressed ?? dotted).replace(/^_+|_+$/g, "");
  return [word, word.replace(PARTICLE, "$1")].map((name) => (seemsAscii(name) ? name : asBrowsers(name) || name));
}

/** Whether a part of *name* looks like ASCII and is not; as it is seen, it is the form of no address. */
function seemsAscii(name) {
  return name.split(".").some((part) => /[^\x00-\x7f]/.test(part) && LOOKS_LIKE_ASCII.test(part));
}

function leads(name, host) {
  const [shown, target] = [name, host].map((each) => each.replace(/^www\./, ""));
  return shown === target;
}

function asBrowsers(name) {
  try {
    return new URL(`http://${name}`).hostname;
  } catch {
    return "";
  }
}
