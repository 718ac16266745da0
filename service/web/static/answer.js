// A part of an answer with its citations: the words, and right behind what each proves a numbered
// link to the place that says so.

import { place } from "./archive.js";
import { length, slice } from "./codepoints.js";
import { element } from "./elements.js";
import { say } from "./words.js";

/** The nodes of a text that begins at `start` of the answer, as its citations count. */
export function cited(text, start, citations) {
  return parts(text, start, citations).flatMap(({ words, proving, ending }) => {
    const doubtful = proving.some((citation) => !citation.verified);
    const ids = proving.map((citation) => citation.id).join(" ");
    const node = element("span", { class: doubtful ? "doubtful" : null, "data-ids": ids || null }, words);
    const flag = doubtful && ending.length ? element("span", { class: "flag" }, say("unverified")) : null;
    return [node, ...ending.map(link), flag].filter(Boolean);
  });
}

/** A link to a place: who clicks it is shown the article beside the answer, where there is room. */
export function placeLink(source, attributes, ...children) {
  const node = element("a", { ...attributes, href: place(source) }, ...children);
  node.source = source;
  return node;
}

/** The title of a source, or what stands for one. */
export const titleOf = (source) => source.title ?? say("untitled");

function link(citation) {
  const { id, source } = citation;
  const name = say("source", { id, title: titleOf(source) });
  return placeLink(source, { class: "ref", "data-id": id, "aria-label": name }, String(id));
}

/** The text cut where a citation begins or ends. */
function parts(text, start, citations) {
  const end = start + length(text);
  const bounds = citations.flatMap(({ answer }) => [answer.start, answer.end]);
  const cuts = [...new Set([start, end, ...bounds])].filter((cut) => start <= cut && cut <= end).sort((a, b) => a - b);
  return cuts.slice(1).map((to, i) => {
    const from = cuts[i];
    return {
      words: slice(text, from - start, to - start),
      proving: citations.filter(({ answer }) => answer.start <= from && to <= answer.end),
      ending: citations.filter(({ answer }) => answer.end === to),
    };
  });
}
