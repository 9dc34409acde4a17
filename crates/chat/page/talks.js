// The list of conversations: opening, renaming, downloading and deleting them.

import { byId, inItsLanguage, make, makeButton, makeIcon } from "./dom.js";
import { getJson, tell } from "./wire.js";
import { WORDS } from "./words.js";

const side = byId("side");
const list = byId("talks");
const opener = byId("side-open");
const narrow = window.matchMedia("(max-width: 60rem)");

let open = null;
let current = null;
let inHand = null;

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

export async function refreshTalks() {
  let talks;
  try {
    talks = (await getJson("api/conversations")).conversations;
  } catch {
    return false;
  }
  list.replaceChildren(...talks.map(item));
  byId("no-talks").hidden = talks.length > 0;
  markCurrent(current);
  return true;
}

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
  byId(dialog).showModal();
}

byId("naming-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const title = byId("naming-name").value.trim();
  if (title && title !== inHand.title) {
    await tell("PATCH", `api/conversations/${encodeURIComponent(inHand.id)}`, { title }).catch(() => {});
    await refreshTalks();
  }
  byId("naming").close();
});

byId("deleting-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { id } = inHand;
  await tell("DELETE", `api/conversations/${encodeURIComponent(id)}`).catch(() => {});
  byId("deleting").close();
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
