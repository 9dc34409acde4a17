// The operator's page: how the server is, its index, its rules, and what is asked of it.

import { ADMIN } from "./admin-words.js";
import { byId, inItsLanguage, make, makeButton } from "./dom.js";
import { samples, signals } from "./metrics.js";
import { events, getJson, send, tell as tellServer, Told } from "./wire.js";
import { isKorean, switchLanguage, WORDS } from "./words.js";

const LOOK = 5000;
const status = byId("status");
const numbers = new Intl.NumberFormat(isKorean ? "ko-KR" : "en-GB");
const times = new Intl.DateTimeFormat(isKorean ? "ko-KR" : "en-GB", { dateStyle: "medium", timeStyle: "short" });

const when = (ms) => times.format(new Date(ms));

// ---- Tables --------------------------------------------------------------------------------------------------------

/** A table; on a phone each row becomes a card whose cells say what they are. */
function table(caption, columns, rows) {
  if (!rows.length) return make("p", "none", ADMIN.none);
  const whole = make("table");
  whole.append(make("caption", "visually-hidden", caption));
  const head = make("tr");
  for (const column of columns) {
    const cell = make("th", "", column);
    cell.scope = "col";
    head.append(cell);
  }
  const top = make("thead");
  top.append(head);
  const body = make("tbody");
  for (const row of rows) {
    const line = make("tr");
    row.forEach((value, at) => {
      const cell = make("td");
      cell.dataset.name = columns[at];
      if (value instanceof Node) cell.append(value);
      else cell.textContent = value ?? "";
      line.append(cell);
    });
    body.append(line);
  }
  whole.append(top, body);
  return whole;
}

/** What stands in a part of the page that could not be filled. */
function why(error) {
  if (!(error instanceof Told)) return ADMIN.lost;
  if (error.status === 404) return ADMIN.absent;
  if (error.status === 403) return ADMIN.denied;
  return error.message;
}

/** Fills a part of the page, or says why not. */
async function fill(id, path, show) {
  const place = byId(id);
  try {
    place.replaceChildren(show(await getJson(path)));
    return true;
  } catch (error) {
    place.replaceChildren(make("p", "none", why(error)));
    if (error instanceof Told && error.status === 401) needLogin();
    return false;
  }
}

function needLogin() {
  const link = make("a", "firm", WORDS.toLogin);
  link.href = "login";
  byId("banner").replaceChildren(make("span", "", WORDS.login), link);
  byId("banner").hidden = false;
}

function tell(text) {
  status.textContent = text;
}

// ---- How it is -----------------------------------------------------------------------------------------------------

const seen = [];

function tile(name, value, alarm) {
  const box = make("div", alarm ? "tile alarm" : "tile");
  box.append(make("dt", "", name), make("dd", "", value));
  return box;
}

function showSignals(now) {
  seen.push({ at: Date.now(), requests: now.requests });
  while (seen.length > 1 && seen[0].at < Date.now() - 60_000 - LOOK) seen.shift();
  const short = (seconds) => (seconds === null ? "–" : ADMIN.seconds(seconds.toFixed(seconds < 1 ? 2 : 1)));
  const share = now.requests ? now.errors / now.requests : 0;
  const percent = `${numbers.format(now.errors)} (${(share * 100).toFixed(1)} %)`;
  byId("signals").replaceChildren(
    tile(ADMIN.traffic, numbers.format(now.requests - seen[0].requests)),
    tile(ADMIN.latency, `${short(now.half)} / ${short(now.most)}`),
    tile(ADMIN.errors, percent, share > 0.01),
    tile(ADMIN.saturation, `${now.taken} / ${now.places}`, now.places > 0 && now.taken / now.places > 0.8),
  );
}

async function look() {
  try {
    const response = await fetch("readyz");
    const told = await response.json();
    byId("readiness").textContent = response.ok ? ADMIN.ready : ADMIN.notReady(told.reason || response.status);
    byId("readiness").toggleAttribute("data-alarm", !response.ok);
  } catch {
    byId("readiness").textContent = WORDS.unreachable;
    return;
  }
  try {
    showSignals(signals(samples(await (await send("GET", "metrics")).text())));
  } catch (error) {
    const told = error instanceof Told && error.status === 404 ? ADMIN.noSignals : why(error);
    byId("signals").replaceChildren(tile(ADMIN.traffic, "–"));
    byId("signals").firstChild.lastChild.textContent = told;
  }
}

// ---- The index -----------------------------------------------------------------------------------------------------

function gateOf(generation) {
  return generation.gate ? ADMIN.gates[generation.gate] || generation.gate : ADMIN.ungated;
}

async function promote(number) {
  try {
    await tellServer("POST", `api/admin/generations/${number}/promote`);
    tell(ADMIN.promoted(number));
    await showGenerations();
  } catch (error) {
    tell(why(error));
  }
}

function showGenerations() {
  return fill("generations", "api/admin/generations", ({ generations }) => {
    const newest = [...generations].reverse();
    showEvaluation(newest.find((one) => one.live));
    const columns = [ADMIN.number, ADMIN.made, ADMIN.documents, ADMIN.chunks, ADMIN.gate, ADMIN.serving];
    const rows = newest.map((one) => [
      String(one.number), when(one.created_at), numbers.format(one.documents), numbers.format(one.chunks), gateOf(one),
      one.live ? make("strong", "live", ADMIN.live) : makeButton("plain", ADMIN.promote(one.number), () => promote(one.number)),
    ]);
    return table(ADMIN.page.index, columns, rows);
  });
}

function showEvaluation(live) {
  const place = byId("evaluation");
  if (!live) {
    place.replaceChildren(make("p", "none", ADMIN.none));
    return;
  }
  const list = make("ul", "reasons");
  for (const reason of live.gate_reasons) list.append(make("li", "", reason));
  const verdict = make("p", "verdict", `${ADMIN.number} ${live.number}: ${gateOf(live)}`);
  const measures = make("dl", "tiles measures");
  for (const [name, value] of Object.entries(live.gate_measures)) {
    measures.append(tile(ADMIN.measures[name] || name, value.toFixed(3)));
  }
  place.replaceChildren(verdict, list, ...(measures.children.length ? [measures] : []));
  if (live.gate_suite) verdict.append(make("span", "where", ` · ${ADMIN.suite(live.gate_suite)}`));
}

function outcome(job) {
  if (typeof job.outcome === "string") return job.outcome;
  const counts = Object.entries(job.outcome || {}).filter(([, value]) => typeof value === "number");
  return counts.slice(0, 6).map(([name, value]) => `${name} ${numbers.format(value)}`).join(" · ");
}

function showJobs() {
  return fill("jobs", "api/admin/jobs?limit=10", ({ jobs }) => {
    const running = jobs.find((job) => job.state === "running");
    if (running) watch(running.id);
    const columns = [ADMIN.when, ADMIN.what, ADMIN.who, ADMIN.state, ADMIN.outcome];
    const rows = jobs.map((job) => [
      when(job.started_ms), job.kind, job.by, ADMIN.jobStates[job.state] || job.state, outcome(job),
    ]);
    return table(ADMIN.page.jobs, columns, rows);
  });
}

let watched = null;

/** Shows how far a job is until it has ended. */
async function watch(id) {
  if (watched === id) return;
  watched = id;
  byId("reindex").disabled = true;
  const bar = make("progress");
  const words = make("span", "", "");
  words.id = "job-words";
  bar.setAttribute("aria-labelledby", words.id);
  const stop = makeButton("plain", ADMIN.cancel, async () => {
    stop.disabled = true;
    words.textContent = ADMIN.stopping;
    await tellServer("POST", `api/admin/jobs/${id}/cancel`).catch((error) => tell(why(error)));
  });
  const box = make("div", "job");
  box.append(words, bar, stop);
  byId("job").replaceChildren(box);
  try {
    const response = await send("GET", `api/admin/jobs/${id}/events`);
    for await (const { name, data } of events(response.body)) {
      if (name === "error") break;
      const job = JSON.parse(data);
      words.textContent = job.cancel_asked ? ADMIN.stopping : ADMIN.progress(job.what, numbers.format(job.done), job.expected && numbers.format(job.expected));
      if (job.expected) {
        bar.max = job.expected;
        bar.value = Math.min(job.done, job.expected);
      } else {
        bar.removeAttribute("value");
      }
      if (name === "done") tell(`${job.kind}: ${ADMIN.jobStates[job.state]}`);
    }
  } catch (error) {
    tell(why(error));
  }
  watched = null;
  byId("job").replaceChildren();
  byId("reindex").disabled = false;
  await Promise.all([showGenerations(), showJobs()]);
}

byId("reindex").addEventListener("click", async () => {
  const order = {};
  for (const option of byId("options").querySelectorAll("input")) order[option.name] = option.checked;
  try {
    const { job_id: id } = await (await send("POST", "api/admin/reindex", order)).json();
    tell(ADMIN.begun);
    watch(id);
  } catch (error) {
    byId("job").replaceChildren(make("p", "none", why(error)));
  }
});

// ---- Questions, rules, usage, audit --------------------------------------------------------------------------------

const asked = (text) => inItsLanguage(make("span", "", text), text);

function showRules() {
  return fill("rules", "api/admin/rules", ({ file, rules }) => {
    byId("rules-from").textContent = ADMIN.rulesFrom(file, rules.length);
    const rows = rules.map((rule) => [make("code", "", rule.id), asked(rule.purpose), rule.action, rule.owner]);
    return table(ADMIN.page.rules, [ADMIN.rule, ADMIN.purpose, ADMIN.action, ADMIN.owner], rows);
  });
}

byId("reload").addEventListener("click", async () => {
  try {
    await tellServer("POST", "api/admin/rules/reload");
    await showRules();
    tell(ADMIN.reloaded);
  } catch (error) {
    byId("rules-from").textContent = why(error);
  }
});

const PARTS = [
  ["unanswered", "api/admin/unanswered", ({ questions }) => table(
    ADMIN.page.unanswered, [ADMIN.when, ADMIN.question], questions.map((one) => [when(one.at_ms), asked(one.question)]),
  )],
  ["feedback", "api/admin/feedback", ({ feedback }) => table(
    ADMIN.page.feedback, [ADMIN.when, ADMIN.who, ADMIN.rating, ADMIN.question, ADMIN.comment, ADMIN.right],
    feedback.map((one) => [
      when(one.at_ms), one.by, ADMIN.ratings[one.rating] || one.rating, asked(one.question),
      one.reason ? asked(WORDS.reasons[one.reason] || one.reason) : "", one.corrected_text ? asked(one.corrected_text) : "",
    ]),
  )],
  ["usage", "api/admin/usage", ({ usage }) => table(
    ADMIN.page.usage, [ADMIN.day, ADMIN.who, ADMIN.model, ADMIN.answers, ADMIN.tokens, ADMIN.cost],
    usage.map((one) => [
      one.day, one.principal, one.model, numbers.format(one.answers),
      `${numbers.format(one.prompt_tokens)} / ${numbers.format(one.completion_tokens)}`, (one.cost_micros / 1e6).toFixed(4),
    ]),
  )],
  ["audit", "api/admin/audit?limit=100", ({ entries }) => table(
    ADMIN.page.audit, [ADMIN.when, ADMIN.who, ADMIN.action, ADMIN.state, ADMIN.rule, ADMIN.cited],
    entries.map((one) => [when(one.at_ms), one.principal, one.action, one.outcome, one.rule, one.cited.join(", ")]),
  )],
  ["settings", "api/admin/settings", ({ settings }) => table(
    ADMIN.page.settings, [ADMIN.key, ADMIN.value, ADMIN.origin, ADMIN.purpose],
    settings.map((one) => [make("code", "", one.key), JSON.stringify(one.value), one.origin, one.purpose]),
  )],
];

document.documentElement.lang = isKorean ? "ko" : "en";
document.title = ADMIN.pageTitle;
for (const element of document.querySelectorAll("[data-t]")) element.textContent = ADMIN.page[element.dataset.t];
byId("tongue").textContent = ADMIN.other;
byId("tongue").lang = isKorean ? "en" : "ko";
byId("tongue").addEventListener("click", switchLanguage);

look();
setInterval(look, LOOK);
showGenerations();
showJobs();
showRules();
for (const [id, path, show] of PARTS) fill(id, path, show);
