// What the page says, in German and English. `{name}` in a text stands for a value that is given;
// elements of page.html name their text in data-words, data-label or data-hint.

export const WORDS = {
  en: {
    skip: "Skip to the question",
    settings: "Settings",
    new: "New conversation",
    other: "Deutsch",
    dark: "Dark colours",
    leave: "Sign out",
    lead: "What does the archive say?",
    about: "Ask what its {count} articles report, in any language. Every answer shows the very words that say so, or you are told that the archive does not say.",
    about_one: "Ask what its one article reports, in any language. Every answer shows the very words that say so, or you are told that the archive does not say.",
    about_unknown: "Ask what its articles report, in any language. Every answer shows the very words that say so, or you are told that the archive does not say.",
    about_empty: "The archive holds no article yet. Add some with “fundstelle index”, then ask.",
    conversation: "Conversation",
    question: "Your question",
    hint: "Ask the archive …",
    ask: "Ask",
    stop: "Stop",
    filters: "Only some articles",
    after: "Published from",
    before: "Published until",
    languages: "Language",
    from: "from {day}",
    until: "until {day}",
    searching: "Searching the archive …",
    reading: "Reading what was found …",
    understood: "Understood as",
    unanswerable: "The archive does not say.",
    nearest: "Nearest passages",
    nothing: "No article matches.",
    sources: "Where it says so",
    contradicted: "Other articles say otherwise",
    others: "Passages that were read",
    source: "Source {id}: {title}",
    also_in: "Also in",
    retold_in: "Not word for word in",
    untitled: "Untitled article",
    unverified: "not verified",
    unverified_note: "What is marked “not verified” was written by the chat model, and no passage was found that supports it.",
    failed_model: "The chat model’s answer was not used ({reason}).",
    fallback: "The chat model’s answer was not used ({reason}). These are the words of the articles themselves.",
    stopped: "Stopped.",
    broken_off: "The answer breaks off here: {detail}",
    lost: "The connection was lost before the answer was complete.",
    unreachable: "The service can’t be reached. Is it running?",
    refused: "The service answered with status {status}.",
    confidence: "Confidence {percent}",
    helpful: "Helpful",
    unhelpful: "Not helpful",
    thanks: "Thank you.",
    announced: "{answer} Sources: {count}.",
    close: "Close the article",
    whole: "On a page of its own",
    original: "Original",
    by: "By {author}",
    opening: "Opening the article …",
    changed: "The article has changed since it was cited, so the place is not marked.",
    outside: "The article has no such place, so nothing is marked.",
  },
  de: {
    skip: "Zur Frage springen",
    settings: "Einstellungen",
    new: "Neues Gespräch",
    other: "English",
    dark: "Dunkle Farben",
    leave: "Abmelden",
    lead: "Was sagt das Archiv?",
    about: "Fragen Sie in einer beliebigen Sprache, was seine {count} Artikel berichten. Jede Antwort zeigt die Worte, in denen es steht; sonst erfahren Sie, dass das Archiv es nicht sagt.",
    about_one: "Fragen Sie in einer beliebigen Sprache, was sein einziger Artikel berichtet. Jede Antwort zeigt die Worte, in denen es steht; sonst erfahren Sie, dass das Archiv es nicht sagt.",
    about_unknown: "Fragen Sie in einer beliebigen Sprache, was seine Artikel berichten. Jede Antwort zeigt die Worte, in denen es steht; sonst erfahren Sie, dass das Archiv es nicht sagt.",
    about_empty: "Das Archiv enthält noch keinen Artikel. „fundstelle index“ nimmt welche auf.",
    conversation: "Gespräch",
    question: "Ihre Frage",
    hint: "Das Archiv fragen …",
    ask: "Fragen",
    stop: "Anhalten",
    filters: "Nur bestimmte Artikel",
    after: "Erschienen ab",
    before: "Erschienen bis",
    languages: "Sprache",
    from: "ab {day}",
    until: "bis {day}",
    searching: "Das Archiv wird durchsucht …",
    reading: "Gefundenes wird gelesen …",
    understood: "Verstanden als",
    unanswerable: "Das Archiv sagt dazu nichts.",
    nearest: "Nächstliegende Stellen",
    nothing: "Kein Artikel passt.",
    sources: "Wo das steht",
    contradicted: "Andere Artikel sagen etwas anderes",
    others: "Gelesene Stellen",
    source: "Quelle {id}: {title}",
    also_in: "Auch in",
    retold_in: "Nicht wörtlich in",
    untitled: "Artikel ohne Titel",
    unverified: "unbelegt",
    unverified_note: "Was als „unbelegt“ gekennzeichnet ist, hat das Sprachmodell geschrieben; es fand sich keine Stelle, die es belegt.",
    failed_model: "Die Antwort des Sprachmodells wurde nicht verwendet ({reason}).",
    fallback: "Die Antwort des Sprachmodells wurde nicht verwendet ({reason}). Dies sind die Worte der Artikel selbst.",
    stopped: "Angehalten.",
    broken_off: "Die Antwort bricht hier ab: {detail}",
    lost: "Die Verbindung brach ab, bevor die Antwort vollständig war.",
    unreachable: "Der Dienst ist nicht erreichbar. Läuft er?",
    refused: "Der Dienst antwortete mit Status {status}.",
    confidence: "Sicherheit {percent}",
    helpful: "Hilfreich",
    unhelpful: "Nicht hilfreich",
    thanks: "Danke.",
    announced: "{answer} Quellen: {count}.",
    close: "Artikel schließen",
    whole: "Auf eigener Seite",
    original: "Original",
    by: "Von {author}",
    opening: "Artikel wird geöffnet …",
    changed: "Der Artikel hat sich geändert, seit er zitiert wurde; die Stelle ist deshalb nicht markiert.",
    outside: "Diese Stelle hat der Artikel nicht; es ist nichts markiert.",
  },
};

let current = "en";

/** The language of the page: `de` or `en`. */
export const language = () => current;

/** Take the first of these tags that the page speaks, else English. */
export function speak(tags) {
  current = tags.map((tag) => String(tag).split("-")[0].toLowerCase()).find((tag) => Object.hasOwn(WORDS, tag)) ?? "en";
}

/** The text of that name. */
export function say(name, values = {}) {
  return WORDS[current][name].replace(/\{(\w+)\}/g, (_, key) => values[key]);
}

/** Put their texts into the elements that name one. */
export function fill(root) {
  for (const node of root.querySelectorAll("[data-words]")) node.textContent = say(node.dataset.words);
  for (const node of root.querySelectorAll("[data-label]")) node.ariaLabel = say(node.dataset.label);
  for (const node of root.querySelectorAll("[data-hint]")) node.placeholder = say(node.dataset.hint);
}

/** A day of an ISO date or date-time, written out; the text itself where it is none. */
export function day(iso) {
  const date = new Date(`${iso.slice(0, 10)}T00:00:00Z`);
  if (Number.isNaN(date.getTime())) return iso;
  return new Intl.DateTimeFormat(current, { dateStyle: "long", timeZone: "UTC" }).format(date);
}

/** What a language is called, its code where that is not known. */
export function languageName(code) {
  try {
    return new Intl.DisplayNames([current], { type: "language" }).of(code) ?? code;
  } catch {
    return code;
  }
}

export const number = (value) => new Intl.NumberFormat(current).format(value);
export const percent = (value) => new Intl.NumberFormat(current, { style: "percent" }).format(value);
