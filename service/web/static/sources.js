// Lists of places: the sources of an answer with what they say, and passages that lie near.

import { placeLink, titleOf } from "./answer.js";
import { place } from "./archive.js";
import { length, slice } from "./codepoints.js";
import { element } from "./elements.js";
import { day, languageName, say } from "./words.js";

/** The sources of an answer, numbered as in it, each with its quote in the sentence around it. */
export function sourceList(citations) {
  const items = citations.map(({ id, source, verified }) =>
    element(
      "li",
      { class: "source", "data-id": id },
      element("span", { class: "number", "aria-hidden": "true" }, String(id)),
      element("blockquote", { lang: source.language, dir: "auto" }, ...quoted(source)),
      imprint(source, verified ? null : element("span", { class: "flag" }, say("unverified"))),
      ...copies(source),
    ),
  );
  return element("section", { class: "sources" }, element("h3", {}, say("sources")), element("ol", { role: "list" }, ...items));
}

/** What other articles say instead, the newest first. */
export function contradictionList(others) {
  const items = others.map(({ source }) =>
    element(
      "li",
      { class: "source" },
      element("blockquote", { lang: source.language, dir: "auto" }, ...quoted(source)),
      imprint(source),
    ),
  );
  return element("section", { class: "sources contradicting" }, element("h3", {}, say("contradicted")), element("ol", { role: "list" }, ...items));
}

/** Passages, nearest first. */
export function passageList(passages) {
  const items = passages.map((passage) =>
    element(
      "li",
      { class: "source" },
      imprint(passage),
      element("p", { class: "excerpt", lang: passage.language, dir: "auto" }, passage.text.trim()),
      ...copies(passage),
    ),
  );
  return element("ol", { role: "list", class: "passages" }, ...items);
}

function imprint(source, flag = null) {
  const date = source.published_at && element("time", { datetime: source.published_at }, day(source.published_at));
  const tongue = source.language && element("span", {}, languageName(source.language));
  const title = placeLink(source, { lang: source.title && source.language }, element("bdi", {}, titleOf(source)));
  return element("p", { class: "imprint" }, title, date || null, tongue || null, flag);
}

/** Who else printed it: those that have the very words, and those that have others. */
function copies({ also_in: all = [] }) {
  const same = all.filter(({ start }) => start !== null);
  const retold = all.filter(({ start }) => start === null);
  return [["also_in", same], ["retold_in", retold]]
    .filter(([, found]) => found.length)
    .map(([words, found]) => element("p", { class: "imprint copies" }, `${say(words)} `, ...found.map(copyLink)));
}

function copyLink(copy) {
  const name = element("bdi", {}, copy.outlet || copy.title || copy.article_id);
  const attributes = { title: copy.title, lang: !copy.outlet && copy.title && copy.language };
  // Without a place there is nothing to show beside the answer but the article itself.
  return copy.start === null ? element("a", { ...attributes, href: place(copy) }, name) : placeLink(copy, attributes, name);
}

function quoted({ context, context_start: begin, start, quote }) {
  const from = start - begin;
  const to = from + length(quote);
  return [slice(context, 0, from), element("mark", {}, slice(context, from, to)), slice(context, to)];
}
