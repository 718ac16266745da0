// The page on which questions are asked: puts its parts together, and follows one question from
// the box to the whole answer.

import { articleCount, articleLanguages, ask, feedbackWanted, keyName, Refused } from "./archive.js";
import { chooseLanguage, chooseTheme } from "./choices.js";
import { Conversation } from "./conversation.js";
import { Filters } from "./filters.js";
import { Panel } from "./panel.js";
import { TurnView } from "./turn.js";
import { fill, number, say } from "./words.js";

const $ = (id) => document.getElementById(id);
const box = $("question");
const wrong = $("question-wrong");
const conversation = new Conversation();
const filters = new Filters($("filters"));
const panel = new Panel($("panel"), $("turns"));
const archive = { articles: undefined, feedback: false };
let running = null; // the AbortController of the question that is being answered
let live = null; // and its view

chooseTheme($("theme"));
chooseLanguage($("language"), draw);

$("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  if (box.value.trim() && !running) answer(box.value.trim());
  else box.focus();
});
$("stop").addEventListener("click", () => {
  running?.abort();
  box.focus();
});
$("new").addEventListener("click", () => {
  running?.abort();
  running = null;
  conversation.clear();
  if (panel.isOpen) panel.close();
  draw();
  box.focus();
});
box.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  $("ask").requestSubmit();
});
box.addEventListener("input", () => blame(null));
$("leave").addEventListener("submit", () => conversation.clear()); // nor what the archive said

[archive.articles, archive.feedback] = await Promise.all([articleCount(), feedbackWanted()]);
draw();
filters.offer(await articleLanguages());
$("leave").hidden = (await keyName()) === null;

/** Put everything into the page's language, and draw the turns anew. */
function draw() {
  fill(document);
  filters.offer(filters.codes);
  if (panel.isOpen) panel.close();
  const views = conversation.turns.map((turn) => new TurnView(turn, archive));
  live = running ? views.at(-1) : null;
  $("turns").replaceChildren(...views.map((view) => view.node));
  $("about").textContent = about(archive.articles);
  tellState();
}

function tellState() {
  const begun = conversation.turns.length > 0;
  $("lead").hidden = begun;
  $("new").hidden = !begun;
  $("stop").hidden = !running;
  document.querySelector("[type=submit]").hidden = Boolean(running);
  document.body.classList.toggle("begun", begun);
}

async function answer(question) {
  const body = { question, history: conversation.history, ...filters.value };
  const turn = conversation.add(question, filters.value);
  const mine = (running = new AbortController());
  live = new TurnView(turn, archive);
  $("turns").append(live.node);
  box.value = "";
  blame(null);
  filters.clear();
  tellState();
  $("status").textContent = say("searching");
  live.node.scrollIntoView({ block: "start" });
  try {
    for await (const event of ask(body, mine.signal)) {
      if (mine.signal.aborted) break;
      show(turn, event);
    }
    if (!ended(turn)) show(turn, { name: mine.signal.aborted ? "stopped" : "lost" });
  } catch (error) {
    failed(turn, error, mine.signal);
  } finally {
    if (running === mine) running = live = null;
    conversation.save();
    tellState();
  }
}

function show(turn, event) {
  turn.events.push(event);
  if (turn === conversation.turns.at(-1)) live?.apply(event);
  if (event.name === "answer") $("status").textContent = announcement(event.data);
}

function failed(turn, error, signal) {
  if (signal.aborted) {
    show(turn, { name: "stopped" });
    return;
  }
  if (!(error instanceof Refused)) {
    show(turn, { name: "lost" });
    throw error; // a defect of ours
  }
  show(turn, { name: "refused", data: { detail: error.message } });
  const misplaced = error.fields.filter((field) => filters.blame(field) || blame(field));
  if (misplaced.length) box.value ||= turn.question;
}

/** Show at the box what is wrong with the question, and say whether it is that. */
function blame(field) {
  const mine = field?.path === "question";
  wrong.hidden = !mine;
  wrong.textContent = mine ? field.message : "";
  box.ariaInvalid = mine ? "true" : null;
  return mine;
}

function ended({ events }) {
  return events.some(({ name }) => name === "answer" || name === "error");
}

function announcement(answer) {
  if (!answer.answer) return say("unanswerable");
  return say("announced", { answer: answer.answer.text, count: answer.citations.length });
}

function about(articles) {
  if (articles === undefined) return ""; // it will be known in a moment
  if (articles === null) return say("about_unknown");
  if (articles < 2) return say(articles ? "about_one" : "about_empty");
  return say("about", { count: number(articles) });
}
