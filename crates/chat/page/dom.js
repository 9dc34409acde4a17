// Making elements. Everything that comes from a document or a server is put in as text, never as markup.

export const byId = (id) => document.getElementById(id);

export function make(name, className, text) {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (text !== undefined && text !== null) element.textContent = text;
  return element;
}

export function makeButton(className, text, press) {
  const button = make("button", className, text);
  button.type = "button";
  button.addEventListener("click", press);
  return button;
}

/** A button that is a drawing of the page's own stock. */
export function makeIcon(label, name, press) {
  const button = makeButton("icon", null, press);
  button.setAttribute("aria-label", label);
  button.title = label;
  button.append(byId("icons").content.querySelector(`[data-icon=${name}]`).cloneNode(true));
  return button;
}

const hasHangul = (text) => /[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]/.test(text);

/** Tells a screen reader how to pronounce a text that may not be in the page's language. */
export function inItsLanguage(element, text) {
  element.lang = hasHangul(text || "") ? "ko" : "en";
  return element;
}

/** Only web addresses become links: a document must not be able to run anything. */
export function webAddress(url) {
  try {
    const parsed = new URL(url);
    return parsed.protocol === "https:" || parsed.protocol === "http:" ? parsed.href : null;
  } catch {
    return null;
  }
}

export function makeLink(className, text, address) {
  const link = make("a", className, text);
  link.href = address;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  return link;
}
