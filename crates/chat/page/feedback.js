// What a person thinks of an answer: a thumb, and after a thumb down the reason and what would have been right.

import { make, makeButton, makeIcon } from "./dom.js";
import { tell as tellServer } from "./wire.js";
import { WORDS } from "./words.js";

export function showFeedback(turn, answerId) {
  const box = make("div", "feedback");
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", WORDS.helpful);
  const said = make("p", "said");
  said.setAttribute("role", "status");
  const row = make("div", "thumbs");
  const tell = async (thumb, more = {}) => {
    try {
      await tellServer("POST", "api/feedback", { answer_id: answerId, thumb, ...more });
      up.setAttribute("aria-pressed", String(thumb === "up"));
      down.setAttribute("aria-pressed", String(thumb === "down"));
      said.textContent = WORDS.thanks;
      return true;
    } catch {
      said.textContent = WORDS.feedbackLost;
      return false;
    }
  };
  const up = makeIcon(WORDS.yes, "up", async () => {
    form.hidden = true;
    await tell("up");
  });
  const down = makeIcon(WORDS.no, "down", async () => {
    if (await tell("down")) {
      form.hidden = false;
      form.querySelector("button").focus({ preventScroll: true });
      form.scrollIntoView({ block: "nearest", behavior: "smooth" });
    }
  });
  for (const thumb of [up, down]) thumb.setAttribute("aria-pressed", "false");
  const form = reasons(turn, async (more) => {
    if (await tell("down", more)) form.hidden = true;
  });
  row.append(make("span", "ask", WORDS.helpful), up, down, said);
  box.append(row, form);
  turn.element.append(box);
}

function reasons(turn, tell) {
  const form = make("form", "why");
  form.hidden = true;
  const group = make("fieldset");
  group.append(make("legend", "", WORDS.why));
  let reason = null;
  for (const [name, words] of Object.entries(WORDS.reasons)) {
    const choice = makeButton("choice", words, () => {
      reason = name;
      for (const other of group.querySelectorAll(".choice")) {
        other.setAttribute("aria-pressed", String(other === choice));
      }
    });
    choice.setAttribute("aria-pressed", "false");
    group.append(choice);
  }
  const label = make("label", "", WORDS.correct);
  const text = make("textarea");
  text.id = `${turn.id}-correct`;
  text.rows = 2;
  text.maxLength = 4000;
  label.htmlFor = text.id;
  const done = make("button", "firm", WORDS.tell);
  done.type = "submit";
  form.append(group, label, text, done);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const more = {};
    if (reason) more.reason = reason;
    if (text.value.trim()) more.corrected_text = text.value.trim();
    tell(more);
  });
  return form;
}
