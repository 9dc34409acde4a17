// How an answer looks: its text with marks, its sources, and how it was made.

import { inItsLanguage, make, makeButton, makeLink, webAddress } from "./dom.js";
import { showDocument } from "./reader.js";
import { WORDS } from "./words.js";

/** The text with each [n] as a mark, which opens the quoted place once its source is known. */
export function showText(place, text, citations) {
  // A mark that has only half arrived would flicker.
  const shown = citations ? text : text.replace(/\s?\[\d*$/, "");
  const known = new Map((citations || []).map((citation) => [citation.n, citation]));
  const pieces = [];
  let from = 0;
  for (const match of shown.matchAll(/\s?\[(\d+)\]/g)) {
    const n = Number(match[1]);
    const citation = known.get(n);
    if (citations && !citation) continue;
    pieces.push(shown.slice(from, match.index));
    from = match.index + match[0].length;
    const mark = citation ? makeButton("mark", String(n), () => showDocument(citation, mark)) : make("span", "mark", String(n));
    if (citation) mark.setAttribute("aria-label", WORDS.source(n, citation.title));
    // A mark stays on the line of the word it belongs to.
    pieces.push("\u2060", mark);
  }
  pieces.push(shown.slice(from));
  place.replaceChildren(...pieces);
  inItsLanguage(place, text);
}

/** A path that may be broken after its slashes only. */
function breakable(path) {
  const span = make("span", "path");
  for (const part of path.split(/(?<=[/])/)) span.append(part, make("wbr"));
  return span;
}

export function showPlace(locator) {
  const line = make("p", "place");
  if (!locator) return line;
  if (locator.kind === "file") {
    line.append(breakable(locator.path));
    if (locator.part) line.append(make("span", "step", locator.part.name));
    for (const heading of locator.heading || []) line.append(make("span", "step", heading));
  } else if (locator.kind === "row") {
    line.append(make("span", "path", `${locator.database}.${locator.table}`));
    line.append(make("span", "step", `${WORDS.row} ${locator.key}`));
    if ((locator.columns || []).length) {
      line.append(make("span", "step", `${WORDS.column} ${locator.columns.join(", ")}`));
    }
  }
  return line;
}

/** Event, date, owner and address, as far as they are known. */
export function showFacts(line, about) {
  line.replaceChildren();
  if (about.event) line.append(inItsLanguage(make("span", "", about.event), about.event));
  const when = make("span", about.date ? "" : "undated");
  if (about.date) {
    const time = make("time", "", about.date);
    time.dateTime = about.date;
    when.append(time);
  } else {
    when.textContent = WORDS.undated;
  }
  line.append(when);
  if (about.owner) line.append(make("span", "", WORDS.owner(about.owner)));
  const address = about.url && webAddress(about.url);
  if (address) {
    const link = make("span");
    link.append(makeLink("", WORDS.open, address));
    line.append(link);
  }
  return line;
}

function sourceCard(citation) {
  const card = make("li", "source");
  const number = make("span", "number", String(citation.n));
  number.setAttribute("aria-hidden", "true");
  const body = make("div");
  const title = inItsLanguage(make("h4", "title"), citation.title);
  const open = makeButton("", citation.title, () => showDocument(citation, open));
  open.setAttribute("aria-label", WORDS.source(citation.n, citation.title));
  title.append(open);
  const quote = inItsLanguage(make("blockquote", "quote", citation.quote), citation.quote);
  body.append(title, showFacts(make("p", "facts"), citation), quote, showPlace(citation.locator));
  card.append(number, body);
  return card;
}

export function showSources(turn, citations) {
  if (!citations.length) return;
  const sources = make("section", "sources");
  const heading = make("h3", "eyebrow", WORDS.sources(citations.length));
  heading.id = `${turn.id}-sources`;
  sources.setAttribute("aria-labelledby", heading.id);
  const list = make("ol");
  for (const citation of citations) list.append(sourceCard(citation));
  sources.append(heading, list);
  turn.element.append(sources);
}

/** Who wrote it and from what; a note, such as that the model is down, stands by itself. */
export function showMade(turn, answer) {
  for (const note of answer.notes) turn.element.append(make("p", "note", note));
  const facts = [];
  // Without a source nothing was written from a document, and there is no author to name.
  const author = answer.citations.length ? answer.model : "";
  if (author === "extractive") facts.push(WORDS.extractive);
  else if (author && author !== "rule") facts.push(WORDS.model(author));
  if (typeof answer.generation === "number") facts.push(WORDS.generation(answer.generation));
  if (facts.length) turn.element.append(make("p", "made", facts.join(" · ")));
}

/** Documents that come closest, where nothing was found. */
export function showNearest(turn, passages) {
  const documents = new Map(passages.map((passage) => [passage.document_id, passage]));
  const near = make("section", "nearest");
  const heading = make("h3", "eyebrow", WORDS.nearest);
  heading.id = `${turn.id}-nearest`;
  near.setAttribute("aria-labelledby", heading.id);
  const list = make("ul");
  for (const found of [...documents.values()].slice(0, 3)) {
    const item = make("li");
    const open = inItsLanguage(makeButton("", found.title, () => showDocument({ ...found, quote: "" }, open)), found.title);
    open.setAttribute("aria-label", WORDS.readAt(found.title));
    item.append(open, showFacts(make("p", "facts"), found));
    list.append(item);
  }
  near.append(heading, list);
  turn.element.append(near);
}

/** What somebody might ask next: about the headings that the quotes stand under. */
export function furtherQuestions(question, answer) {
  const topics = new Set();
  for (const { locator } of answer.citations) {
    const heading = ((locator && locator.heading) || []).at(-1);
    if (heading && heading.length <= 40 && !question.includes(heading)) topics.add(heading);
  }
  return [...topics].slice(0, 3).map((topic) => WORDS.about(topic));
}

export function showFurther(turn, questions, ask) {
  if (!questions.length) return;
  const further = make("section", "further");
  const heading = make("h3", "eyebrow", WORDS.further);
  heading.id = `${turn.id}-further`;
  further.setAttribute("aria-labelledby", heading.id);
  const list = make("ul");
  for (const question of questions) {
    const item = make("li");
    item.append(inItsLanguage(makeButton("", question, () => ask(question)), question));
    list.append(item);
  }
  further.append(heading, list);
  turn.element.append(further);
}
