// OpenAI's own JavaScript SDK, as people use it, against `siren serve`.
import { holds, installed, PLACES, QUESTION, TRUTH } from "./asserts.mjs";

const { OpenAI } = installed("openai");
const asked = [{ role: "user", content: QUESTION }];

async function raised(name, kind, call, wanted = {}) {
  try {
    await call();
  } catch (error) {
    const right = error instanceof kind && Object.entries(wanted).every(([key, value]) => error[key] === value);
    holds(name, right, { name: error.constructor.name, status: error.status, code: error.code });
    return error;
  }
  return holds(name, false, "nothing was raised");
}

const at = (place) => new OpenAI({ baseURL: `${PLACES[place]}/v1`, apiKey: "none", maxRetries: 0, timeout: 120_000 });
const client = at("whole");
const create = (body, options) => client.chat.completions.create({ model: "siren", messages: asked, ...body }, options);

const ids = [];
for await (const model of client.models.list()) ids.push(model.id);
holds("models list", ids.includes("siren"), ids);
await raised("404 is NotFoundError", OpenAI.NotFoundError, () => client.models.retrieve("gpt-9"), {
  code: "model_not_found",
});

const answer = await create({});
holds("whole", answer.choices[0].message.content.includes(TRUTH), answer);
holds("citations", answer.citations[0].quote.length > 0 && answer.siren.grounded === true, answer);

let text = "";
let finish = null;
for await (const chunk of await create({ stream: true })) {
  text += chunk.choices[0].delta.content ?? "";
  finish = chunk.choices[0].finish_reason ?? finish;
}
holds("stream", text.includes(TRUTH) && finish === "stop", { text, finish });

let usage = null;
for await (const chunk of await create({ stream: true, stream_options: { include_usage: true } })) {
  usage = chunk.usage ?? usage;
}
holds("stream with usage", usage.total_tokens > 0, usage);

const final = await client.chat.completions.stream({ model: "siren", messages: asked }).finalContent();
holds("stream helper", final.includes(TRUTH), final);

const talk = [
  ...asked,
  { role: "assistant", content: `${TRUTH}에 마쳤습니다. [1]` },
  { role: "user", content: "케이뱅크의 그 전환은 무엇을 바꿨나요?" },
];
holds("multi-turn", (await create({ messages: talk })).choices[0].message.content.includes("케이뱅크"));

await raised("400 is BadRequestError", OpenAI.BadRequestError, () => create({ messages: [] }), { param: "messages" });
await raised(
  "503 is InternalServerError",
  OpenAI.InternalServerError,
  () => at("unready").chat.completions.create({ model: "siren", messages: asked }),
  { status: 503, code: "not_ready" },
);

const busy = at("stalled").chat.completions;
const body = { model: "siren", messages: asked };
const open = await busy.create({ ...body, stream: true });
const first = await open[Symbol.asyncIterator]().next();
holds("a slow stream begins", first.value.choices[0].delta.role === "assistant", first);
const limited = await raised("429 is RateLimitError", OpenAI.RateLimitError, () => busy.create(body), {
  code: "too_many_answers",
});
holds("429 tells when to come back", Number(limited.headers.get("retry-after")) > 0);
open.controller.abort();
let again = null;
for (let tries = 0; !again && tries < 600; tries += 1) {
  try {
    again = await busy.create({ ...body, stream: true });
  } catch (error) {
    if (!(error instanceof OpenAI.RateLimitError)) throw error;
    await new Promise((done) => setTimeout(done, 50));
  }
}
holds("leaving mid-stream frees the place", again);
again.controller.abort();

if (ids.includes("siren-embedding")) {
  const input = ["클라우드 전환", "moving to the cloud", "점심 메뉴"];
  const packed = await client.embeddings.create({ model: "siren-embedding", input });
  const plain = await client.embeddings.create({ model: "siren-embedding", input, encoding_format: "float" });
  const [a, b, c] = packed.data.map((item) => item.embedding);
  const dot = (x, y) => x.reduce((sum, value, at) => sum + value * y[at], 0);
  holds("embeddings", dot(a, b) > dot(a, c), [dot(a, b), dot(a, c)]);
  holds("base64 and float are the same", plain.data[0].embedding.every((value, at) => Math.abs(value - a[at]) < 1e-6));
}
