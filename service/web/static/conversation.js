// The turns so far: kept for as long as the tab is open, so that they are still there for who
// comes back from an article, and told to the service as the history of the next question.

import { say } from "./words.js";

const KEY = "fundstelle.conversation";
const MOST = 20; // turns of history that the service takes

/** The turns, each `{question, filters, events}`. */
export class Conversation {
  constructor() {
    this.turns = restored();
  }

  /** Begin a turn. */
  add(question, filters) {
    const turn = { question, filters, events: [] };
    this.turns.push(turn);
    return turn;
  }

  /** What was said before, oldest first. */
  get history() {
    const said = this.turns.flatMap((turn) => {
      const answer = reply(turn);
      return answer === null ? [] : [{ role: "user", content: turn.question }, { role: "assistant", content: answer }];
    });
    return said.slice(-MOST);
  }

  /** Keep the turns. Once whole, an answer needs none of the events that led to it. */
  save() {
    const kept = this.turns.map((turn) => {
      const whole = turn.events.filter(({ name }) => name === "answer");
      return { ...turn, events: whole.length ? whole : turn.events };
    });
    try {
      sessionStorage.setItem(KEY, JSON.stringify(kept));
    } catch {
      // No room, or switched off: the turns last as long as the page.
    }
  }

  /** Begin anew. */
  clear() {
    this.turns = [];
    this.save();
  }
}

/** What the archive said in a turn, null where it said nothing. */
function reply({ events }) {
  const answer = events.find(({ name }) => name === "answer")?.data;
  if (answer) return answer.answer?.text ?? say("unanswerable");
  const sentences = events.filter(({ name }) => name === "sentence");
  return sentences.length ? sentences.map(({ data }) => data.text).join("") : null;
}

function restored() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
    return kept.filter(({ events }) => events.length);
  } catch {
    return [];
  }
}
