// Which articles count: when they were published, and in which language.

import { element } from "./elements.js";
import { day, languageName, say } from "./words.js";

const FIELDS = ["published_after", "published_before", "language"];

/** The fields in the element `node`. */
export class Filters {
  constructor(node) {
    this.node = node;
    this.wrong = node.querySelector(".wrong");
    this.codes = [];
    node.addEventListener("input", () => this.clear());
  }

  /** Offer these languages; one alone is no choice. */
  offer(codes) {
    const chosen = new Set(this._languages());
    this.codes = codes;
    const group = this.node.querySelector("fieldset");
    group.hidden = codes.length < 2;
    group.querySelectorAll("label").forEach((label) => label.remove());
    group.append(
      ...codes.map((code) => {
        const box = element("input", { type: "checkbox", name: "language", value: code });
        box.checked = chosen.has(code);
        return element("label", {}, box, languageName(code));
      }),
    );
    this._tell();
  }

  /** What was chosen, as the fields of a question. */
  get value() {
    const chosen = { published_after: this._date("published_after"), published_before: this._date("published_before"), language: this._languages() };
    return Object.fromEntries(Object.entries(chosen).filter(([, value]) => value.length));
  }

  /** Show what is wrong with a field, and say whether it is one of these. */
  blame({ path, message }) {
    if (!FIELDS.includes(path)) return false;
    this.node.open = true;
    this.wrong.hidden = false;
    this.wrong.textContent = message;
    const field = this.node.querySelector(`[name="${path}"]`);
    field?.setAttribute("aria-invalid", "true");
    field?.setAttribute("aria-describedby", this.wrong.id);
    field?.focus();
    return true;
  }

  /** Forget what was wrong. */
  clear() {
    this.wrong.hidden = true;
    for (const field of this.node.querySelectorAll("[aria-invalid]")) {
      field.removeAttribute("aria-invalid");
      field.removeAttribute("aria-describedby");
    }
    this._tell();
  }

  _tell() {
    const { published_after: after, published_before: before, language } = this.value;
    const said = [after && say("from", { day: day(after) }), before && say("until", { day: day(before) }), ...(language ?? []).map(languageName)];
    this.node.querySelector("#chosen").textContent = said.filter(Boolean).join(" · ");
  }

  _date(name) {
    return this.node.querySelector(`[name="${name}"]`).value;
  }

  _languages() {
    return [...this.node.querySelectorAll("[name=language]:checked")].map((box) => box.value);
  }
}
