// One question and what came of it. A turn is drawn from its events as they come; drawn again from
// all of them, it looks the same.

import { cited } from "./answer.js";
import { element } from "./elements.js";
import { thumbs } from "./feedback.js";
import { contradictionList, passageList, sourceList } from "./sources.js";
import { day, languageName, percent, say } from "./words.js";

let count = 0;

/** What a turn looks like; `node` is its list item. */
export class TurnView {
  /** `turn` is `{question, filters, events}`; with `feedback` there are thumbs. */
  constructor(turn, { feedback }) {
    this.turn = turn;
    this.feedback = feedback;
    const id = `turn-${(count += 1)}`;
    this.progress = element("p", { class: "progress" }, say("searching"));
    this.words = element("p", { class: "words", dir: "auto", hidden: true });
    this.body = element("div", { class: "body" }, this.progress, this.words);
    const heading = element("h2", { id, class: "asked", dir: "auto", tabindex: "-1" }, turn.question);
    this.node = element("li", { class: "turn" }, element("article", { "aria-labelledby": id }, heading, narrowed(turn.filters), this.body));
    this.text = "";
    turn.events.forEach((event) => this.apply(event));
  }

  /** Show what an event tells. */
  apply({ name, data }) {
    this[`_${name}`]?.(data);
  }

  _passages(passages) {
    if (passages.length) this.progress.textContent = say("reading");
  }

  _sentence({ start, text, citations }) {
    this.text += text;
    this.words.hidden = false;
    this.words.append(element("span", { class: "sentence" }, ...cited(text, start, citations)));
  }

  _answer(answer) {
    this.progress.remove();
    if (answer.answer && answer.answer.text !== this.text) {
      this.words.replaceChildren(...cited(answer.answer.text, 0, answer.citations));
      this.words.hidden = false;
    }
    if (answer.answer?.language) this.words.lang = answer.answer.language;
    if (answer.rewritten_question) {
      this.body.prepend(element("p", { class: "understood" }, `${say("understood")} `, element("q", { dir: "auto" }, answer.rewritten_question)));
    }
    if (answer.fallback_reason) this.body.append(...fallback(answer));
    this.body.append(...(answer.answer ? found(answer) : missing(answer)));
    const foot = element("div", { class: "foot" }, answer.answer && element("span", {}, say("confidence", { percent: percent(answer.confidence) })));
    if (this.feedback) foot.append(thumbs(answer));
    this.body.append(foot);
  }

  _error({ detail }) {
    this._end(notice(this.text ? say("broken_off", { detail }) : detail, "alert"));
  }

  _refused({ detail }) {
    this._end(notice(detail, "alert"));
  }

  _lost() {
    this._end(notice(say("lost"), "alert"));
  }

  _stopped() {
    this._end(element("p", { class: "progress" }, say("stopped")));
  }

  _end(node) {
    this.progress.remove();
    this.body.append(node);
  }
}

function found(answer) {
  const doubtful = answer.citations.some((citation) => !citation.verified);
  const others = element("details", { class: "others" }, element("summary", {}, say("others")), passageList(answer.passages));
  const contradicting = answer.other_answers?.length ? contradictionList(answer.other_answers) : null;
  return [doubtful ? notice(say("unverified_note")) : null, sourceList(answer.citations), contradicting, others].filter(Boolean);
}

function missing(answer) {
  const near = answer.passages.length
    ? element("section", { class: "sources" }, element("h3", {}, say("nearest")), passageList(answer.passages))
    : element("p", { class: "progress" }, say("nothing"));
  return [element("p", { class: "words none" }, say("unanswerable")), near];
}

function narrowed({ published_after: after, published_before: before, language }) {
  const said = [
    after && say("from", { day: day(after) }),
    before && say("until", { day: day(before) }),
    language?.length && language.map(languageName).join(", "),
  ].filter(Boolean);
  return said.length ? element("p", { class: "narrowed" }, said.join(" · ")) : null;
}

const notice = (text, role = null) => element("p", { class: "notice", role, dir: "auto" }, text);

/** Why the answer is not the chat model's; nothing where there was none to be found. */
function fallback({ answer, fallback_reason: reason }) {
  const [code] = reason.split(":", 1);
  if (answer) return [notice(say("fallback", { reason }))];
  return ["irrelevant", "declined", "unverified"].includes(code) ? [] : [notice(say("failed_model", { reason }))];
}
