// The page: a thread of questions and answers, and what is around it.

import { furtherQuestions, showFurther, showMade, showNearest, showSources, showText } from "./answer.js";
import { answerOf, askNatively, askWithHistory } from "./asking.js";
import { byId, inItsLanguage, make, makeButton } from "./dom.js";
import { showFeedback } from "./feedback.js";
import { hideDocument } from "./reader.js";
import { markCurrent, refreshTalks, startTalks } from "./talks.js";
import { getJson, tell, Told, wordsOf } from "./wire.js";
import { switchLanguage, translate, WORDS } from "./words.js";

/** So much of what was said is sent along where the server keeps no conversation. */
const TURNS_SENT = 6;

const box = byId("question");
const sendButton = byId("send");
const thread = byId("thread");
const intro = byId("intro");
const fresh = byId("fresh");
const status = byId("status");
const banner = byId("banner");

/** The answer that is being received, if any. */
let current = null;
let turns = 0;
let keepsTalks = false;
let conversation = null;
let history = [];
/** Counts what is opened: what comes late of an earlier one is not shown any more. */
let opening = 0;

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
  answer.setAttribute("aria-live", "polite");
  answer.setAttribute("aria-busy", "true");
  element.append(asked, state, answer);
  for (const old of thread.querySelectorAll(".further")) old.remove();
  thread.append(element);
  return { id, question, element, state, answer, text: "", abort: new AbortController(), drawing: false };
}

function addText(turn, text) {
  if (!text) return;
  if (!turn.text) {
    turn.state.hidden = true;
    turn.answer.dataset.open = "";
    status.textContent = WORDS.writing;
  }
  turn.text += text;
  if (turn.drawing) return;
  turn.drawing = true;
  requestAnimationFrame(() => {
    turn.drawing = false;
    if (!turn.over) showText(turn.answer, turn.text, null);
  });
}

function close(turn, state) {
  turn.over = true;
  turn.state.remove();
  delete turn.answer.dataset.open;
  turn.element.dataset.state = state;
  turn.answer.setAttribute("aria-busy", "false");
}

function finish(turn, answer) {
  if (answer.text !== null && !turn.text) turn.text = answer.text;
  const action = answer.verdict && answer.verdict.action;
  const ruled = action === "refuse" || action === "answer";
  const missing = !ruled && answer.grounded === false;
  close(turn, missing ? "missing" : ruled ? "ruled" : "answered");
  showText(turn.answer, turn.text, answer.citations);
  const label = missing ? WORDS.missing : action === "refuse" ? WORDS.refused : ruled ? WORDS.ruled : null;
  // The text often says it itself; saying it twice helps nobody.
  if (label && !turn.text.includes(label)) turn.answer.before(make("p", "badge", label));
  showSources(turn, answer.citations);
  showMade(turn, answer.kept ? answer : { ...answer, notes: [...answer.notes, WORDS.notKept] });
  if (answer.id) showFeedback(turn, answer.id);
  if (missing) findNearest(turn);
  status.textContent = label || WORDS.answered(answer.citations.length);
}

async function findNearest(turn) {
  try {
    const found = await getJson(`api/search?limit=6&q=${encodeURIComponent(turn.question)}`);
    if (!found.results.length) return;
    // The answer ends with the same documents in words.
    showText(turn.answer, turn.text.split("\n\n")[0], []);
    showNearest(turn, found.results);
  } catch {
    // The answer names them already, in its own words.
  }
}

function fail(turn, error) {
  close(turn, "failed");
  showText(turn.answer, turn.text, null);
  const trouble = make("div", "trouble");
  trouble.setAttribute("role", "alert");
  trouble.append(make("p", "", turn.text ? `${WORDS.cut} ${error.message}` : error.message));
  if (error.status === 401) {
    trouble.append(toLogin());
  } else {
    trouble.append(makeButton("", WORDS.again, () => {
      if (current) return;
      turn.element.remove();
      ask(turn.question);
    }));
  }
  turn.element.append(trouble);
  status.textContent = "";
}

function troubleOf(turn, error) {
  if (turn.abort.signal.aborted) return new Told(WORDS.stopped);
  // Deleted meanwhile, as on another device: what is asked next begins a new one.
  if (conversation && error instanceof Told && error.code === "not_found") {
    conversation = null;
    return new Told(WORDS.talkGone);
  }
  return error instanceof Told ? error : new Told(wordsOf(error));
}

async function ask(question) {
  if (current || !question.trim()) return;
  opening += 1;
  intro.hidden = true;
  fresh.hidden = keepsTalks;
  const turn = newTurn(question);
  current = turn;
  status.textContent = WORDS.searching;
  refreshSend();
  turn.element.scrollIntoView({ block: "start", behavior: "smooth" });
  const hear = (text) => addText(turn, text);
  try {
    const answer = keepsTalks
      ? await askNatively(question, conversation, hear, turn.abort.signal)
      : await askWithHistory(question, history, hear, turn.abort.signal);
    // Whoever has gone on to another conversation must not be brought back.
    turn.abort.signal.throwIfAborted();
    finish(turn, answer);
    showFurther(turn, answer.grounded ? furtherQuestions(question, answer) : [], ask);
    remember(turn, answer);
    if (banner.dataset.about === "ready") hideBanner();
  } catch (error) {
    fail(turn, troubleOf(turn, error));
  } finally {
    if (current === turn) current = null;
    refreshSend();
  }
}

function remember(turn, answer) {
  const said = [{ role: "user", content: turn.question }, { role: "assistant", content: turn.text }];
  history = [...history, ...said].slice(-2 * TURNS_SENT);
  // What is not kept cannot be gone on with: the next question begins anew.
  if (!answer.conversation || !answer.kept) return;
  conversation = answer.conversation;
  refreshTalks().then(() => markCurrent(conversation));
}

// ---- Conversations -------------------------------------------------------------------------------------------------

function clear() {
  if (current) current.abort.abort();
  current = null;
  conversation = null;
  history = [];
  hideDocument();
  thread.replaceChildren();
  intro.hidden = false;
  fresh.hidden = true;
  status.textContent = "";
  markCurrent(null);
  refreshSend();
  window.scrollTo(0, 0);
}

/** Opens a conversation of before, or begins a new one. */
async function openTalk(id) {
  opening += 1;
  const mine = opening;
  clear();
  if (!id) {
    box.focus();
    return;
  }
  try {
    const told = await getJson(`api/conversations/${encodeURIComponent(id)}`);
    if (mine !== opening) return;
    conversation = id;
    intro.hidden = true;
    markCurrent(id);
    for (const kept of told.turns) {
      const turn = newTurn(kept.question);
      turn.text = kept.answer;
      finish(turn, answerOf(kept));
    }
    status.textContent = "";
    window.scrollTo(0, document.body.scrollHeight);
    box.focus({ preventScroll: true });
  } catch {
    if (mine === opening) showBanner("talk", WORDS.talkLost);
  }
}

// ---- The controls ------------------------------------------------------------------------------------------------

function refreshSend() {
  const busy = Boolean(current);
  sendButton.toggleAttribute("data-busy", busy);
  sendButton.disabled = !busy && !box.value.trim();
  sendButton.setAttribute("aria-label", busy ? WORDS.stop : WORDS.send);
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

byId("ask").addEventListener("submit", (event) => {
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

fresh.addEventListener("click", () => openTalk(null));
byId("tongue").addEventListener("click", switchLanguage);

document.addEventListener("keydown", (event) => {
  const inPanel = event.target instanceof Element && event.target.closest("dialog, nav");
  if (event.key === "Escape" && !event.isComposing && !inPanel && current) current.abort.abort();
});

// ---- Whether there is anybody to ask -------------------------------------------------------------------------------

function showBanner(about, text, ...more) {
  banner.dataset.about = about;
  banner.replaceChildren(make("span", "", text), ...more);
  banner.hidden = false;
}

function hideBanner() {
  banner.hidden = true;
  banner.replaceChildren();
  delete banner.dataset.about;
}

function toLogin() {
  const link = make("a", "firm", WORDS.toLogin);
  link.href = "login";
  return link;
}

window.addEventListener("offline", () => showBanner("offline", WORDS.offline));
window.addEventListener("online", () => {
  if (banner.dataset.about === "offline") hideBanner();
});

async function lookReady() {
  try {
    await tell("GET", "readyz");
    await getJson("v1/models");
  } catch (error) {
    if (!(error instanceof Told)) showBanner("ready", navigator.onLine ? WORDS.unreachable : WORDS.offline);
    else if (error.status === 401) showBanner("login", WORDS.login, toLogin());
    else if (error.status === 503) showBanner("ready", WORDS.codes.not_ready);
  }
}

/** Who is signed in; the way out is behind the name. */
async function showWho() {
  try {
    const { name, signed_in: signedIn } = await getJson("api/me");
    if (!signedIn) return;
    const link = byId("me");
    link.textContent = name;
    link.setAttribute("aria-label", WORDS.account(name));
    link.hidden = false;
  } catch {
    // Whoever is not let in is told so by the banner.
  }
}

/** Questions that the server knows to be worth asking, in place of the page's own. */
async function suggest() {
  try {
    const told = await getJson("api/suggestions");
    const questions = told.suggestions.slice(0, 4);
    if (!questions.length) return;
    byId("examples").replaceChildren(...questions.map((question) => {
      const item = make("li");
      item.append(inItsLanguage(makeButton("", question, () => {}), question));
      return item;
    }));
  } catch {
    // The page's own stay.
  }
}

translate();
byId("tongue").textContent = WORDS.other;
byId("tongue").lang = WORDS.other === "English" ? "en" : "ko";
refreshSend();
fitBox();
// On a touch screen this would call up the keyboard over the page.
if (!window.matchMedia("(pointer: coarse)").matches) box.focus({ preventScroll: true });
lookReady();
showWho();
suggest();
startTalks(openTalk).then((kept) => {
  keepsTalks = kept;
});
