// What the page asks of the service. Addresses are relative, so that a proxy may serve it below
// a path of its own.

import { events } from "./stream.js";
import { language, say } from "./words.js";

/** What the service refused: `fields` names what was wrong, as `{path, message}`. */
export class Refused extends Error {
  constructor(detail, fields = []) {
    super(detail);
    this.fields = fields;
  }
}

/** The events of an answer, as `{name, data}`. Throws Refused. */
export async function* ask(body, signal) {
  const response = await request("v1/questions", { method: "POST", body: JSON.stringify({ ...body, stream: true }), signal });
  if (!response.headers.get("content-type")?.startsWith("text/event-stream")) throw new Refused(say("refused", { status: response.status }));
  yield* events(response.body);
}

/** An article with its text. Throws Refused. */
export const article = async (id, signal) => (await request(`v1/articles/${segment(id)}`, { signal })).json();

/** How many articles there are, null where that can't be told. */
export const articleCount = () => optional("v1/status", (found) => found.articles);

/** The codes of the languages that there are articles in. */
export const articleLanguages = async () => (await optional("v1/languages", (found) => Object.keys(found.languages))) ?? [];

/** Whether the service wants to know how good its answers are. */
export const feedbackWanted = async () => (await optional("v1/feedback", (found) => found.enabled)) ?? false;

/** The name of the key that this browser signed in with, null where none was asked for. */
export const keyName = () => optional("v1/access", (found) => found.key);

/** Say how good an answer is: `up` or `down`. Throws Refused. */
export const rate = (question, rating, answer) => request("v1/feedback", { method: "POST", body: JSON.stringify({ question, rating, answer }) });

/** The address of a page that shows this place of an article. */
export function place({ article_id: id, start, end, content_sha256: hash }) {
  const query = new URLSearchParams({ ui: language() });
  if (start === null) return `read/${segment(id)}?${query}`; // a copy without the words
  query.set("start", start);
  query.set("end", end);
  if (hash) query.set("content_sha256", hash);
  return `read/${segment(id)}?${query}#quote`;
}

/** An id as one segment of a path. */
function segment(id) {
  return encodeURIComponent(id).replace(/[!'()*.]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

async function request(address, { method = "GET", body, signal }) {
  const headers = body ? { "content-type": "application/json" } : {};
  const response = await fetch(address, { method, body, headers, signal }).catch((error) => {
    throw error.name === "AbortError" ? error : new Refused(say("unreachable"));
  });
  if (response.ok) return response;
  if (response.status === 401) location.assign(`sign-in?ui=${language()}`);
  const problem = await response.json().catch(() => null);
  throw new Refused(problem?.detail ?? say("refused", { status: response.status }), problem?.errors);
}

async function optional(address, read) {
  try {
    return read(await (await request(address, {})).json());
  } catch {
    return null;
  }
}
