// The article beside the answer, scrolled to the place that a citation names. Where there is no
// room for it, its link leads to the same article on a page of its own.

import { article, place } from "./archive.js";
import { titleOf } from "./answer.js";
import { length, slice } from "./codepoints.js";
import { element, icon } from "./elements.js";
import { day, languageName, say } from "./words.js";

const ROOM = matchMedia("(min-width: 62rem)");

/** The panel in the element `node`. Links with a `source` in `within` open it. */
export class Panel {
  constructor(node, within) {
    this.node = node;
    this.opener = null;
    within.addEventListener("click", (event) => this._clicked(event));
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.isOpen && !event.isComposing) this.close();
    });
  }

  get isOpen() {
    return !this.node.hidden;
  }

  /** Show the source of this link. */
  async open(link) {
    this._release();
    this.opener = link;
    link.setAttribute("aria-current", "true");
    const { source } = link;
    const reading = (this.reading = new AbortController());
    this._show(source, { body: [element("p", { class: "progress", role: "status" }, say("opening"))] });
    this.node.querySelector("h2").focus({ preventScroll: true });
    try {
      const found = await article(source.article_id, reading.signal);
      if (reading.signal.aborted) return;
      this._show(source, { facts: facts(found), body: body(found, source) });
    } catch (refused) {
      if (reading.signal.aborted) return;
      this._show(source, { body: [element("p", { class: "notice", role: "alert" }, refused.message)] });
    }
    const mark = this.node.querySelector(".text mark");
    this.node.scrollTop = 0;
    // Headline and date stay in sight where the place is not far below them.
    if (mark?.getBoundingClientRect().bottom > 0.7 * innerHeight) mark.scrollIntoView({ block: "start", behavior: "instant" });
    (mark ?? this.node.querySelector("h2")).focus({ preventScroll: true });
  }

  /** Put it away; the focus goes back to the link that opened it. */
  close() {
    const { opener } = this;
    this._release();
    this.node.hidden = true;
    this.node.replaceChildren();
    document.body.classList.remove("with-panel");
    if (opener?.isConnected) opener.focus();
  }

  _release() {
    this.reading?.abort();
    this.opener?.removeAttribute("aria-current");
    this.opener = null;
  }

  _clicked(event) {
    const link = event.target.closest?.("a[href]");
    const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button !== 0;
    if (!link?.source || elsewhere || !ROOM.matches) return;
    event.preventDefault();
    this.open(link);
  }

  _show(source, { facts: [kicker, byline] = [], body }) {
    const close = element("button", { type: "button", class: "quiet", title: say("close") }, icon("M5 5l10 10M15 5L5 15"), element("span", { class: "unseen" }, say("close")));
    close.addEventListener("click", () => this.close());
    const whole = element("a", { class: "quiet", href: place(source) }, say("whole"));
    const title = element("h2", { id: "panel-title", dir: "auto", tabindex: "-1", lang: source.title && source.language }, titleOf(source));
    this.node.replaceChildren(
      element("div", { class: "bar" }, whole, close),
      element("article", { class: "article" }, element("header", {}, kicker, title, byline), ...body),
    );
    this.node.hidden = false;
    document.body.classList.add("with-panel");
  }
}

/** The text of an article with the source's place marked, and why where it can't be. */
function body(found, source) {
  const changed = source.content_sha256 && source.content_sha256 !== found.content_sha256;
  const outside = source.end > length(found.text);
  const problem = changed ? "changed" : outside ? "outside" : null;
  const attributes = { class: "text", lang: found.language, dir: "auto" };
  if (problem) return [element("p", { class: "notice" }, say(problem)), element("div", attributes, found.text)];
  const { start, end } = source;
  const head = Math.min(found.body_start, start); // the header line, which stands above as a title
  const parts = [
    element("span", { class: "head" }, slice(found.text, 0, head)),
    slice(found.text, head, start),
    element("mark", { tabindex: "-1" }, slice(found.text, start, end)),
    slice(found.text, end),
  ];
  return [element("div", attributes, ...parts)];
}

/** The lines over and under the title: who published it, and when. */
function facts({ published_at: date, language, url, metadata: { outlet, section, author } }) {
  const kicker = [outlet, section, language && languageName(language)].filter(Boolean);
  const byline = [
    date && element("time", { datetime: date }, day(date)),
    author && element("bdi", {}, say("by", { author })),
    /^https?:\/\//i.test(url ?? "") && element("a", { href: url, rel: "noopener noreferrer external", target: "_blank" }, say("original")),
  ].filter(Boolean);
  return [element("p", { class: "kicker" }, kicker.join(" · ")), element("p", { class: "byline" }, ...byline)];
}
