// Talking to the server: requests, streams of events, and what a failure means to a person.

import { WORDS } from "./words.js";

/** A failure that has words for the person. */
export class Told extends Error {
  constructor(message, status, code) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

function told(response, body) {
  const error = (body && body.error) || {};
  return new Told(WORDS.codes[error.code] || error.message || WORDS.unknown, response.status, error.code);
}

/** What an error line of a stream says. */
export function toldBy(error) {
  const { code, message } = error || {};
  return new Told(WORDS.codes[code] || message || WORDS.unknown, undefined, code);
}

/** Why something failed, for a person. */
export function wordsOf(error) {
  if (error instanceof Told) return error.message;
  return navigator.onLine ? WORDS.unreachable : WORDS.offline;
}

export async function send(method, path, body, signal) {
  const headers = body === undefined ? {} : { "Content-Type": "application/json" };
  const sent = body === undefined ? undefined : JSON.stringify(body);
  const response = await fetch(path, { method, headers, body: sent, signal });
  if (!response.ok) throw told(response, await response.json().catch(() => null));
  return response;
}

/** Sends something whose answer is not of interest. It is read all the same: unread, it would keep its connection. */
export async function tell(method, path, body) {
  await (await send(method, path, body)).text();
}

export async function getJson(path, signal) {
  return (await send("GET", path, undefined, signal)).json();
}

/** The events of a stream, each with its name and what it says. */
export async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = "";
  let data = [];
  let name = "message";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      buffer += value;
      const lines = buffer.split(/\r\n|\n|\r(?!$)/);
      buffer = lines.pop();
      for (const line of lines) {
        if (line === "") {
          if (data.length) yield { name, data: data.join("\n") };
          data = [];
          name = "message";
        } else if (line.startsWith("data:")) {
          data.push(line.slice(line[5] === " " ? 6 : 5));
        } else if (line.startsWith("event:")) {
          name = line.slice(6).trim();
        }
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
