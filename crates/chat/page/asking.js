// One question on its way: by the server's own interface where there is one, else as any OpenAI client asks.

import { events, send, Told, toldBy } from "./wire.js";
import { WORDS } from "./words.js";

/** An answer in the one form that the page knows, whichever way it came. */
export function answerOf(told) {
  return {
    citations: told.citations || [],
    grounded: told.grounded,
    verdict: told.verdict || null,
    generation: told.generation,
    model: told.model || "",
    notes: told.notes || [],
    text: told.answer ?? null,
    id: told.answer_id || null,
    conversation: told.conversation_id || null,
    // Only a new answer may fail to be kept; one that is read again was.
    kept: told.kept !== false,
  };
}

/** Asks by the server's own interface; `hear` gets each piece of text. Returns the answer. */
export async function askNatively(question, conversation, hear, signal) {
  const body = conversation ? { question, conversation_id: conversation } : { question };
  const response = await send("POST", "api/ask", body, signal);
  for await (const { name, data } of events(response.body)) {
    const told = JSON.parse(data);
    if (name === "token") hear(told.text);
    else if (name === "error") throw toldBy(told.error);
    else if (name === "done") return answerOf(told);
  }
  // A stream that ends without a word is not an answer.
  throw new Told(WORDS.unknown);
}

/** Asks with all that was said before. */
export async function askWithHistory(question, history, hear, signal) {
  const messages = [...history, { role: "user", content: question }];
  const response = await send("POST", "v1/chat/completions", { model: "siren", stream: true, messages }, signal);
  for await (const { data } of events(response.body)) {
    if (data === "[DONE]") break;
    const chunk = JSON.parse(data);
    if (chunk.error) throw toldBy(chunk.error);
    const choice = chunk.choices && chunk.choices[0];
    if (!choice) continue;
    if (choice.delta && choice.delta.content) hear(choice.delta.content);
    if (choice.finish_reason) return answerOf({ ...(chunk.siren || {}), citations: chunk.citations });
  }
  throw new Told(WORDS.unknown);
}
