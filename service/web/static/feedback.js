// Thumbs under an answer, where the service collects what readers think of its answers.

import { rate } from "./archive.js";
import { element, icon } from "./elements.js";
import { say } from "./words.js";

const THUMB = {
  up: "M3 9h3v8H3zM6 9l3.500-6c1.500 0 2 1 1.700 2.300L10.500 8H16a1.500 1.500 0 0 1 1.500 1.800l-1.200 6A1.500 1.500 0 0 1 14.800 17H6",
  down: "M3 11h3V3H3zM6 11l3.500 6c1.500 0 2-1 1.700-2.300L10.500 12H16a1.500 1.500 0 0 0 1.500-1.800l-1.200-6A1.500 1.500 0 0 0 14.800 3H6",
};

/** Two buttons and a place for what came of it. */
export function thumbs(answer) {
  const outcome = element("span", { role: "status", class: "outcome" });
  const buttons = ["up", "down"].map((rating) => {
    const name = say(rating === "up" ? "helpful" : "unhelpful");
    const button = element("button", { type: "button", class: "quiet", "aria-pressed": "false", title: name }, icon(THUMB[rating]), element("span", { class: "unseen" }, name));
    button.addEventListener("click", () => send(rating, button));
    return button;
  });

  async function send(rating, chosen) {
    try {
      await rate(answer.question, rating, answer);
      for (const button of buttons) button.ariaPressed = String(button === chosen);
      outcome.textContent = say("thanks");
    } catch (refused) {
      outcome.textContent = refused.message;
    }
  }

  return element("div", { class: "thumbs" }, ...buttons, outcome);
}
