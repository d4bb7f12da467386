// The page's calls of its server, and the changes that the server tells of. No elements of the page here.

const RECONNECT_MS = 1500;

/** A call that the server refused: `code` for programs, the other facts as it sent them. */
export class Refused extends Error {
  constructor(status, facts) {
    super(facts.error);
    this.status = status;
    this.code = facts.error ?? String(status);
    this.facts = facts;
  }
}

async function call(path, options = {}) {
  const response = await fetch(path, options);
  const value = await response.json();
  if (!response.ok) throw new Refused(response.status, value);
  return value;
}

export const workspace = () => call("/api/workspace");

export const channel = (id, before) => call(`/api/channels/${encodeURIComponent(id)}${query(before)}`);

export const thread = (root, before) => call(`/api/threads/${root}${query(before)}`);

/** `draft`: {channel, thread, text, nonce}. The same nonce twice is one message. */
export const post = (draft) =>
  call("/api/messages", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(draft),
  });

function query(before) {
  return before === undefined ? "" : `?before=${before}`;
}

/**
 * Tell of changes after revision *since*, for as long as the page is open: `listener.message(message)`,
 * `listener.bot(state)`, `listener.hello(file)` at each connection, `listener.lost()` when it breaks.
 */
export function follow(since, listener) {
  let revision = since;
  const source = new EventSource(`/api/changes?since=${revision}`);
  source.addEventListener("hello", (event) => listener.hello(JSON.parse(event.data).file));
  source.addEventListener("bot", (event) => listener.bot(JSON.parse(event.data).state));
  source.addEventListener("message", (event) => {
    const message = JSON.parse(event.data);
    revision = message.revision;
    listener.message(message);
  });
  source.addEventListener("error", () => {
    listener.lost();
    if (source.readyState === EventSource.CLOSED) setTimeout(() => follow(revision, listener), RECONNECT_MS);
  });
}
