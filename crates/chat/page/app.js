// The page of Siren. Everything that comes from a document or a server is put in as text, never as markup.
"use strict";

const KOREAN = (navigator.language || "ko").toLowerCase().startsWith("ko");

const WORDS = KOREAN
  ? {
      searching: "기록을 검색하는 중…",
      writing: "답을 쓰는 중…",
      answered: (n) => (n ? `답이 끝났습니다. 출처 ${n}개.` : "답이 끝났습니다."),
      missing: "찾지 못했습니다",
      ruled: "안내",
      sources: (n) => `출처 ${n}`,
      source: (n) => `출처 ${n}`,
      back: (n) => `출처 ${n}, 답으로 돌아가기`,
      undated: "날짜 없음",
      row: "키",
      column: "열",
      extractive: "문서의 문장을 그대로 옮긴 답입니다",
      model: (name) => `${name}이(가) 쓴 답입니다. 중요한 내용은 출처를 확인하세요`,
      generation: (n) => `색인 ${n}세대`,
      stopped: "멈췄습니다.",
      cut: "답이 중간에 끊겼습니다. 위의 글은 온전한 답이 아닙니다.",
      offline: "인터넷에 연결되어 있지 않습니다. 연결을 확인한 뒤 다시 시도하세요.",
      unreachable: "서버에 닿지 못했습니다. 잠시 뒤 다시 시도하세요.",
      again: "다시 시도",
      send: "보내기",
      stop: "멈추기",
      notReady: "아직 답할 준비가 되지 않았습니다. 관리자가 색인을 만들면 답할 수 있습니다.",
      codes: {
        too_many_answers: "지금 질문이 많습니다. 잠시 뒤 다시 시도하세요.",
        not_ready: "아직 답할 준비가 되지 않았습니다. 관리자가 색인을 만들면 답할 수 있습니다.",
        unavailable: "지금은 답을 만들지 못했습니다. 잠시 뒤 다시 시도하세요.",
        shutting_down: "서버가 다시 시작하는 중입니다. 잠시 뒤 다시 시도하세요.",
        timeout: "답이 너무 오래 걸려 그만두었습니다. 질문을 좁혀 보세요.",
        question_too_long: "질문이 너무 깁니다. 줄여서 다시 보내 주세요.",
        request_too_large: "질문이 너무 깁니다. 줄여서 다시 보내 주세요.",
        internal_error: "서버에 문제가 생겼습니다. 계속되면 관리자에게 알려 주세요.",
      },
      unknown: "서버에 문제가 생겼습니다.",
    }
  : {
      searching: "Searching the notes…",
      writing: "Writing the answer…",
      answered: (n) => (n ? `Answer complete, ${n} sources.` : "Answer complete."),
      missing: "Not found",
      ruled: "Notice",
      sources: (n) => (n === 1 ? "1 source" : `${n} sources`),
      source: (n) => `Source ${n}`,
      back: (n) => `Source ${n}, back to the answer`,
      undated: "undated",
      row: "key",
      column: "column",
      extractive: "Quoted from the documents, word for word",
      model: (name) => `Written by ${name}; check the sources for what matters`,
      generation: (n) => `index generation ${n}`,
      stopped: "Stopped.",
      cut: "The answer broke off. What stands above is not the whole of it.",
      offline: "You are offline. Check the connection and try again.",
      unreachable: "The server could not be reached. Try again shortly.",
      again: "Try again",
      send: "Send",
      stop: "Stop",
      notReady: "Siren is not ready to answer yet: whoever runs it has to build the index first.",
      codes: {},
      unknown: "Something went wrong in the server.",
      page: {
        skip: "Skip to the question",
        fresh: "Start over",
        title: "What we heard at conferences, with sources",
        lead: "Answers come only from colleagues’ notes and session records. Every sentence carries its source, and what is not on record is said to be missing.",
        examples: "Questions to try",
        label: "Question",
        placeholder: "Ask about what was said at a conference",
        hint: "Enter sends, Shift+Enter breaks the line. Each question is answered on its own; earlier ones are not remembered.",
      },
    };

const byId = (id) => document.getElementById(id);
const form = byId("ask");
const box = byId("question");
const send = byId("send");
const thread = byId("thread");
const intro = byId("intro");
const fresh = byId("fresh");
const status = byId("status");
const banner = byId("banner");

/** The answer that is being received, if any. */
let current = null;
let turns = 0;

function make(name, className, text) {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (text !== undefined && text !== null) element.textContent = text;
  return element;
}

const hasHangul = (text) => /[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]/.test(text);

/** Tells a screen reader how to pronounce a text that may not be in the page's language. */
function inItsLanguage(element, text) {
  if (hasHangul(text)) element.lang = "ko";
  return element;
}

// ---- The answer's text -------------------------------------------------------------------------------------------

/** The text with each [n] as a mark: a link once its source is known. */
function renderAnswer(turn, citations) {
  // A mark that has only half arrived would flicker.
  const text = citations ? turn.text : turn.text.replace(/\s?\[\d*$/, "");
  const known = new Set((citations || []).map((citation) => citation.n));
  const pieces = [];
  let from = 0;
  for (const match of text.matchAll(/\s?\[(\d+)\]/g)) {
    const n = Number(match[1]);
    if (citations && !known.has(n)) continue;
    pieces.push(text.slice(from, match.index));
    from = match.index + match[0].length;
    const mark = make(citations ? "a" : "span", "mark", String(n));
    if (citations) {
      mark.href = `#${turn.id}-source-${n}`;
      mark.setAttribute("aria-label", WORDS.source(n));
      mark.dataset.n = String(n);
    }
    // A mark stays on the line of the word it belongs to.
    pieces.push("\u2060", mark);
  }
  pieces.push(text.slice(from));
  turn.answer.replaceChildren(...pieces);
  inItsLanguage(turn.answer, text);
}

// ---- Sources -----------------------------------------------------------------------------------------------------

/** Only web addresses become links: a document must not be able to run anything. */
function webAddress(url) {
  try {
    const parsed = new URL(url);
    return parsed.protocol === "https:" || parsed.protocol === "http:" ? parsed.href : null;
  } catch {
    return null;
  }
}

/** A path that may be broken after its slashes only. */
function breakable(path) {
  const span = make("span", "path");
  for (const part of path.split(/(?<=[/])/)) span.append(part, make("wbr"));
  return span;
}

function place(locator) {
  const line = make("p", "place");
  if (!locator) return line;
  if (locator.kind === "file") {
    line.append(breakable(locator.path));
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

function sourceCard(turn, citation) {
  const card = make("li", "source");
  card.id = `${turn.id}-source-${citation.n}`;
  card.tabIndex = -1;

  const number = make("a", "number", String(citation.n));
  number.href = `#${turn.id}-answer`;
  number.dataset.back = String(citation.n);
  number.setAttribute("aria-label", WORDS.back(citation.n));

  const body = make("div");
  const title = inItsLanguage(make("p", "title"), citation.title);
  const address = citation.url ? webAddress(citation.url) : null;
  if (address) {
    const link = make("a", "", citation.title);
    link.href = address;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    title.append(link);
  } else {
    title.textContent = citation.title;
  }
  const facts = make("p", "facts");
  if (citation.event) facts.append(inItsLanguage(make("span", "", citation.event), citation.event));
  if (citation.date) {
    const when = make("span");
    const time = make("time", "", citation.date);
    time.dateTime = citation.date;
    when.append(time);
    facts.append(when);
  } else {
    facts.append(make("span", "undated", WORDS.undated));
  }
  const quote = inItsLanguage(make("blockquote", "quote", citation.quote), citation.quote);
  body.append(title, facts, quote, place(citation.locator));
  card.append(number, body);
  return card;
}

function renderSources(turn, citations) {
  if (!citations.length) return;
  const sources = make("section", "sources");
  const heading = make("h3", "", WORDS.sources(citations.length));
  heading.id = `${turn.id}-sources`;
  sources.setAttribute("aria-labelledby", heading.id);
  const list = make("ol");
  for (const citation of citations) list.append(sourceCard(turn, citation));
  sources.append(heading, list);
  turn.element.append(sources);
}

function renderMade(turn, siren, citations) {
  const facts = [];
  // Without a source nothing was written from a document, and there is no author to name.
  const author = citations.length ? siren.model : "";
  if (author === "extractive") facts.push(WORDS.extractive);
  else if (author && author !== "rule") facts.push(WORDS.model(author));
  if (typeof siren.generation === "number") facts.push(WORDS.generation(siren.generation));
  facts.push(...(siren.notes || []));
  if (facts.length) turn.element.append(make("p", "made", facts.join(" · ")));
}

// ---- One question ------------------------------------------------------------------------------------------------

function newTurn(question) {
  turns += 1;
  const id = `turn-${turns}`;
  const element = make("article", "turn");
  const asked = inItsLanguage(make("h2", "asked", question), question);
  asked.id = `${id}-question`;
  element.setAttribute("aria-labelledby", asked.id);
  const state = make("p", "state");
  state.append(make("span", "pulse"), make("span", "", WORDS.searching));
  const answer = make("div", "answer");
  answer.id = `${id}-answer`;
  answer.tabIndex = -1;
  answer.setAttribute("aria-live", "polite");
  answer.setAttribute("aria-busy", "true");
  element.append(asked, state, answer);
  thread.append(element);
  return { id, question, element, state, answer, text: "", abort: new AbortController(), drawing: false };
}

function drawSoon(turn) {
  if (turn.drawing) return;
  turn.drawing = true;
  requestAnimationFrame(() => {
    turn.drawing = false;
    if (!turn.over) renderAnswer(turn, null);
  });
}

function addText(turn, text) {
  if (!text) return;
  if (!turn.text) {
    turn.state.hidden = true;
    turn.answer.dataset.open = "";
    status.textContent = WORDS.writing;
  }
  turn.text += text;
  drawSoon(turn);
}

function close(turn, state) {
  turn.over = true;
  turn.state.remove();
  delete turn.answer.dataset.open;
  turn.element.dataset.state = state;
  turn.answer.setAttribute("aria-busy", "false");
}

function finish(turn, citations, siren) {
  const ruled = siren.verdict && (siren.verdict.action === "refuse" || siren.verdict.action === "answer");
  const missing = !ruled && siren.grounded === false;
  close(turn, missing ? "missing" : ruled ? "ruled" : "answered");
  renderAnswer(turn, citations);
  const label = missing ? WORDS.missing : ruled ? WORDS.ruled : null;
  // The text often says it itself; saying it twice helps nobody.
  if (label && !turn.text.includes(label)) turn.answer.before(make("p", "badge", label));
  renderSources(turn, citations);
  renderMade(turn, siren, citations);
  status.textContent = WORDS.answered(citations.length);
}

function fail(turn, message) {
  close(turn, "failed");
  renderAnswer(turn, null);
  const trouble = make("div", "trouble");
  trouble.setAttribute("role", "alert");
  trouble.append(make("p", "", turn.text ? `${WORDS.cut} ${message}` : message));
  const again = make("button", "", WORDS.again);
  again.type = "button";
  again.addEventListener("click", () => {
    if (current) return;
    turn.element.remove();
    ask(turn.question);
  });
  trouble.append(again);
  turn.element.append(trouble);
  status.textContent = "";
}

function wordsFor(error) {
  if (!error || typeof error !== "object") return WORDS.unknown;
  return WORDS.codes[error.code] || error.message || WORDS.unknown;
}

// ---- The wire ----------------------------------------------------------------------------------------------------

/** The data of each event of a stream of server-sent events. */
async function* eventData(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = "";
  let data = [];
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      buffer += value;
      const lines = buffer.split(/\r\n|\n|\r(?!$)/);
      buffer = lines.pop();
      for (const line of lines) {
        if (line === "") {
          if (data.length) yield data.join("\n");
          data = [];
        } else if (line.startsWith("data:")) {
          data.push(line.slice(line[5] === " " ? 6 : 5));
        }
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

class Told extends Error {}

async function receive(turn) {
  const response = await fetch("v1/chat/completions", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ model: "siren", stream: true, messages: [{ role: "user", content: turn.question }] }),
    signal: turn.abort.signal,
  });
  if (!response.ok || !response.body) {
    const told = await response.json().catch(() => ({}));
    throw new Told(wordsFor(told.error));
  }
  for await (const data of eventData(response.body)) {
    if (data === "[DONE]") break;
    const chunk = JSON.parse(data);
    if (chunk.error) throw new Told(wordsFor(chunk.error));
    const choice = chunk.choices && chunk.choices[0];
    if (!choice) continue;
    addText(turn, choice.delta && choice.delta.content);
    if (choice.finish_reason) {
      finish(turn, chunk.citations || [], chunk.siren || {});
      return;
    }
  }
  // A stream that ends without a reason is not an answer.
  throw new Told(turn.text ? "" : WORDS.unknown);
}

async function ask(question) {
  if (current || !question.trim()) return;
  intro.hidden = true;
  fresh.hidden = false;
  const turn = newTurn(question);
  current = turn;
  status.textContent = WORDS.searching;
  refreshSend();
  turn.element.scrollIntoView({ block: "start", behavior: "smooth" });
  try {
    await receive(turn);
    if (banner.dataset.about === "ready") hideBanner();
  } catch (error) {
    if (turn.abort.signal.aborted) fail(turn, WORDS.stopped);
    else if (error instanceof Told) fail(turn, error.message);
    else if (!navigator.onLine) fail(turn, WORDS.offline);
    else fail(turn, WORDS.unreachable);
  } finally {
    if (current === turn) current = null;
    refreshSend();
  }
}

// ---- The controls ------------------------------------------------------------------------------------------------

function refreshSend() {
  const busy = Boolean(current);
  send.toggleAttribute("data-busy", busy);
  send.disabled = !busy && !box.value.trim();
  send.setAttribute("aria-label", busy ? WORDS.stop : WORDS.send);
}

function fitBox() {
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight}px`;
}

function submit() {
  const question = box.value;
  if (current || !question.trim()) return;
  box.value = "";
  fitBox();
  box.focus();
  ask(question.trim());
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (current) {
    current.abort.abort();
    box.focus();
  } else {
    submit();
  }
});

box.addEventListener("input", () => {
  fitBox();
  refreshSend();
});

box.addEventListener("keydown", (event) => {
  // Enter also ends a Hangul syllable that is being composed; that one must not send.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  submit();
});

byId("examples").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  box.focus({ preventScroll: true });
  ask(button.textContent);
});

fresh.addEventListener("click", () => {
  if (current) current.abort.abort();
  current = null;
  thread.replaceChildren();
  intro.hidden = false;
  fresh.hidden = true;
  status.textContent = "";
  refreshSend();
  box.focus();
  window.scrollTo(0, 0);
});

// From a mark to its source and back, with the focus.
thread.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#']");
  if (!link) return;
  event.preventDefault();
  const turn = link.closest(".turn");
  const target = link.dataset.back
    ? turn.querySelector(`.mark[data-n='${link.dataset.back}']`) || turn.querySelector(".answer")
    : document.getElementById(link.getAttribute("href").slice(1));
  if (!target) return;
  target.focus({ preventScroll: true });
  target.scrollIntoView({ block: "nearest", behavior: "smooth" });
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.isComposing && current) current.abort.abort();
});

// ---- Whether there is anybody to ask -------------------------------------------------------------------------------

function showBanner(about, text) {
  banner.dataset.about = about;
  banner.textContent = text;
  banner.hidden = false;
}

function hideBanner() {
  banner.hidden = true;
  banner.textContent = "";
  delete banner.dataset.about;
}

window.addEventListener("offline", () => showBanner("offline", WORDS.offline));
window.addEventListener("online", () => {
  if (banner.dataset.about === "offline") hideBanner();
});

async function lookReady() {
  try {
    const response = await fetch("readyz");
    if (response.status === 503) showBanner("ready", WORDS.notReady);
  } catch {
    showBanner("ready", navigator.onLine ? WORDS.unreachable : WORDS.offline);
  }
}

function translate() {
  if (KOREAN) return;
  document.documentElement.lang = "en";
  document.title = "Siren — conference takeaways, with sources";
  for (const element of document.querySelectorAll("[data-t]")) element.textContent = WORDS.page[element.dataset.t];
  for (const element of document.querySelectorAll("[data-p]")) element.placeholder = WORDS.page[element.dataset.p];
}

translate();
refreshSend();
fitBox();
// On a touch screen this would call up the keyboard over the page.
if (!window.matchMedia("(pointer: coarse)").matches) box.focus({ preventScroll: true });
lookReady();
