// The document behind a source, beside the answer, with the quoted place in sight.

import { showFacts } from "./answer.js";
import { byId, inItsLanguage, make } from "./dom.js";
import { getJson, Told } from "./wire.js";
import { WORDS } from "./words.js";

const panel = byId("reader");
const title = byId("reader-title");
const facts = byId("reader-facts");
const body = byId("reader-body");
const wide = window.matchMedia("(min-width: 68rem)");

/** What opened the panel, to go back to. */
let opener = null;
let opening = 0;

/** Where the quote stands in the text, whatever white space is between its words. */
export function findQuote(text, quote) {
  const words = quote.trim().split(/\s+/).filter(Boolean);
  if (!words.length) return null;
  const escaped = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const match = new RegExp(escaped.join("\\s+")).exec(text);
  return match && { from: match.index, to: match.index + match[0].length };
}

/** The text in paragraphs, the quote in a mark. Returns the mark. */
function fill(text, quote) {
  const found = findQuote(text, quote);
  const whole = inItsLanguage(make("div", "document"), text);
  if (!found) {
    whole.append(text);
    body.append(whole);
    return null;
  }
  const mark = make("mark", "", text.slice(found.from, found.to));
  mark.tabIndex = -1;
  whole.append(text.slice(0, found.from), mark, text.slice(found.to));
  body.append(whole);
  return mark;
}

function reveal() {
  if (panel.open) return;
  if (wide.matches) panel.show();
  else panel.showModal();
  document.body.toggleAttribute("data-reading", wide.matches);
}

export async function showDocument(citation, from) {
  opener = from;
  opening += 1;
  const mine = opening;
  title.textContent = citation.title;
  inItsLanguage(title, citation.title);
  showFacts(facts, citation);
  body.replaceChildren(make("p", "reading", WORDS.reading));
  reveal();
  title.focus({ preventScroll: true });
  let read = null;
  try {
    read = await getJson(`api/documents/${encodeURIComponent(citation.document_id)}`);
  } catch (error) {
    if (mine !== opening) return;
    const words = error instanceof Told && error.status !== 404 ? error.message : WORDS.unreadable;
    body.replaceChildren(make("p", "note", words));
    if (citation.quote) body.append(inItsLanguage(make("blockquote", "quote", citation.quote), citation.quote));
    return;
  }
  if (mine !== opening) return;
  showFacts(facts, read);
  body.replaceChildren();
  const mark = fill(read.text, citation.quote || "");
  if (mark) {
    mark.scrollIntoView({ block: "center" });
  } else if (citation.quote) {
    body.prepend(
      make("p", "note", WORDS.quoteGone),
      inItsLanguage(make("blockquote", "quote", citation.quote), citation.quote),
    );
  } else {
    body.scrollTop = 0;
  }
}

export function hideDocument() {
  if (panel.open) panel.close();
}

panel.addEventListener("close", () => {
  opening += 1;
  document.body.removeAttribute("data-reading");
  if (opener && opener.isConnected) opener.focus({ preventScroll: true });
  opener = null;
});

byId("reader-close").addEventListener("click", hideDocument);

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && panel.open && !event.isComposing) hideDocument();
});

// A panel beside the thread has no place on a screen that has become narrow.
wide.addEventListener("change", () => {
  if (!panel.open) return;
  const from = opener;
  opener = null;
  panel.close();
  opener = from;
  reveal();
});
