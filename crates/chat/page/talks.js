// The list of conversations: opening, renaming, downloading and deleting them.

import { byId, inItsLanguage, make, makeButton, makeIcon } from "./dom.js";
import { getJson, tell, wordsOf } from "./wire.js";
import { WORDS } from "./words.js";

const side = byId("side");
const list = byId("talks");
const opener = byId("side-open");
const more = byId("more-talks");
const narrow = window.matchMedia("(max-width: 60rem)");

/** So many are shown at first, and so many more at each press. */
const PAGE = 50;
/** The server gives no more at once. */
const MOST = 500;

let open = null;
let current = null;
let inHand = null;
let wanted = PAGE;
let looking = 0;

/** Shows the list where the server keeps conversations. Returns whether it does. */
export async function startTalks(openTalk) {
  open = openTalk;
  if (!(await refreshTalks())) return false;
  opener.hidden = false;
  side.hidden = narrow.matches;
  opener.setAttribute("aria-expanded", String(!side.hidden));
  document.body.setAttribute("data-talks", "");
  return true;
}

/** The newest, and one more than are shown where there are more. */
async function newest() {
  const talks = [];
  while (talks.length <= wanted) {
    const limit = Math.min(wanted + 1 - talks.length, MOST);
    const { conversations } = await getJson(`api/conversations?limit=${limit}&offset=${talks.length}`);
    talks.push(...conversations);
    if (conversations.length < limit) break;
  }
  return talks;
}

export async function refreshTalks() {
  looking += 1;
  const mine = looking;
  let talks;
  try {
    talks = await newest();
  } catch {
    return false;
  }
  // A later look knows better.
  if (mine !== looking) return true;
  list.replaceChildren(...talks.slice(0, wanted).map(item));
  more.hidden = talks.length <= wanted;
  byId("no-talks").hidden = talks.length > 0;
  markCurrent(current);
  return true;
}

more.addEventListener("click", async () => {
  const shown = list.children.length;
  wanted += PAGE;
  more.disabled = true;
  await refreshTalks();
  more.disabled = false;
  const next = list.children[shown];
  if (next) next.querySelector(".talk").focus();
});

export function markCurrent(id) {
  current = id;
  for (const row of list.children) {
    const mine = row.dataset.id === id;
    row.toggleAttribute("data-current", mine);
    const button = row.querySelector(".talk");
    if (mine) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
}

function item(talk) {
  const row = make("li");
  row.dataset.id = talk.id;
  const name = inItsLanguage(makeButton("talk", talk.title, () => {
    hideOnPhones();
    open(talk.id);
  }), talk.title);
  const rename = makeIcon(WORDS.renameOf(talk.title), "rename", () => take("naming", talk, rename));
  const download = makeIcon(WORDS.exportOf(talk.title), "download", () => {
    const link = make("a");
    link.href = `api/conversations/${encodeURIComponent(talk.id)}/export`;
    link.download = "";
    link.click();
  });
  const remove = makeIcon(WORDS.deleteOf(talk.title), "delete", () => take("deleting", talk, remove));
  const tools = make("div", "tools");
  tools.append(rename, download, remove);
  row.append(name, tools);
  return row;
}

function take(dialog, talk) {
  inHand = talk;
  if (dialog === "naming") byId("naming-name").value = talk.title;
  else byId("deleting-words").textContent = WORDS.deleteWords(talk.title);
  byId(`${dialog}-wrong`).textContent = "";
  byId(dialog).showModal();
}

/** Does it, and closes the dialog; what goes wrong is told in it. Returns whether it was done. */
async function done(dialog, method, body) {
  const wrong = byId(`${dialog}-wrong`);
  wrong.textContent = "";
  try {
    await tell(method, `api/conversations/${encodeURIComponent(inHand.id)}`, body);
  } catch (error) {
    wrong.textContent = wordsOf(error);
    return false;
  }
  byId(dialog).close();
  return true;
}

byId("naming-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const title = byId("naming-name").value.trim();
  if (!title || title === inHand.title) byId("naming").close();
  else if (await done("naming", "PATCH", { title })) await refreshTalks();
});

byId("deleting-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { id } = inHand;
  if (!(await done("deleting", "DELETE"))) return;
  const wasOpen = current === id;
  await refreshTalks();
  if (wasOpen) open(null);
  byId("side-new").focus();
});

for (const button of document.querySelectorAll("dialog [data-close]")) {
  button.addEventListener("click", () => button.closest("dialog").close());
}

// ---- The list on a phone -------------------------------------------------------------------------------------------

function show(visible) {
  side.hidden = !visible;
  opener.setAttribute("aria-expanded", String(visible));
  document.body.toggleAttribute("data-side", visible && narrow.matches);
  if (visible) byId("side-new").focus();
}

function hideOnPhones() {
  if (narrow.matches) show(false);
}

opener.addEventListener("click", () => show(side.hidden));
byId("side-close").addEventListener("click", () => {
  show(false);
  opener.focus();
});
byId("side-new").addEventListener("click", () => {
  hideOnPhones();
  open(null);
});
document.addEventListener("click", (event) => {
  const outside = !side.contains(event.target) && !opener.contains(event.target);
  if (document.body.hasAttribute("data-side") && outside) show(false);
});
side.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && narrow.matches) {
    show(false);
    opener.focus();
  }
});
narrow.addEventListener("change", () => {
  if (document.body.hasAttribute("data-talks")) {
    side.hidden = narrow.matches;
    document.body.removeAttribute("data-side");
    opener.setAttribute("aria-expanded", String(!side.hidden));
  }
});
