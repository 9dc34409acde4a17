"""OpenAI's own Python SDK, as people use it, against `siren serve`."""

import base64
import struct
import time

import openai
from asserts import QUESTION, TRUTH, base, holds, raised

client = openai.OpenAI(base_url=base("whole"), api_key="none", max_retries=0, timeout=120)
asked = [{"role": "user", "content": QUESTION}]


def models():
    ids = [model.id for model in client.models.list()]
    holds("models list", "siren" in ids, ids)
    holds("one model", client.models.retrieve("siren").id == "siren")
    error = raised(
        "404 is NotFoundError", openai.NotFoundError, lambda: client.models.retrieve("gpt-9"), code="model_not_found"
    )
    holds("an error tells its words", "siren" in error.message, error.message)
    return ids


def whole():
    answer = client.chat.completions.create(model="siren", messages=asked)
    choice = answer.choices[0]
    holds("whole", TRUTH in choice.message.content and choice.finish_reason == "stop", answer)
    holds("whole: usage", answer.usage.total_tokens > 0, answer.usage)
    # Fields that OpenAI does not have reach those who want them, and nobody else is hurt.
    citation = answer.model_extra["citations"][0]
    marks = f"[{citation['n']}]" in choice.message.content
    holds("citations", marks and citation["quote"] and citation["document_id"], citation)
    parsed = client.chat.completions.with_raw_response.create(model="siren", messages=asked)
    holds("raw response", parsed.headers["content-type"].startswith("application/json"), parsed.headers)


def streams():
    pieces, finish, extra = [], None, None
    for chunk in client.chat.completions.create(model="siren", messages=asked, stream=True):
        pieces.append(chunk.choices[0].delta.content or "")
        finish = chunk.choices[0].finish_reason or finish
        extra = (chunk.model_extra or {}).get("citations") or extra
    holds("stream", TRUTH in "".join(pieces) and finish == "stop", pieces)
    holds("stream: citations", bool(extra), extra)
    usage = None
    options = {"include_usage": True}
    for chunk in client.chat.completions.create(model="siren", messages=asked, stream=True, stream_options=options):
        usage = chunk.usage or usage
    holds("stream with usage", usage is not None and usage.completion_tokens > 0, usage)
    with client.chat.completions.stream(model="siren", messages=asked) as stream:
        final = stream.get_final_completion()
    holds("stream helper", TRUTH in final.choices[0].message.content, final)


def turns():
    talk = asked + [
        {"role": "assistant", "content": f"{TRUTH}에 마쳤습니다. [1]"},
        {"role": "user", "content": "그때 데이터베이스는 무엇으로 옮겼나요?"},
    ]
    answer = client.chat.completions.create(model="siren", messages=talk)
    text = answer.choices[0].message.content + str(answer.model_extra["citations"])
    holds("multi-turn", "케이뱅크" in text, answer)
    parts = [{"role": "user", "content": [{"type": "text", "text": QUESTION}]}]
    answer = client.chat.completions.create(model="siren", messages=parts, temperature=0, max_tokens=64, user="u")
    holds("content parts", TRUTH in answer.choices[0].message.content, answer)


def faults():
    create = client.chat.completions.create
    raised(
        "400 is BadRequestError", openai.BadRequestError, lambda: create(model="siren", messages=[]), param="messages"
    )
    image = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:,"}}]}]
    raised(
        "an image is refused",
        openai.BadRequestError,
        lambda: create(model="siren", messages=image),
        code="unsupported_content_part",
    )
    unready = openai.OpenAI(base_url=base("unready"), api_key="none", max_retries=0)
    for stream in (False, True):
        raised(
            f"503 is InternalServerError (stream={stream})",
            openai.InternalServerError,
            lambda: unready.chat.completions.create(model="siren", messages=asked, stream=stream),
            status_code=503,
            code="not_ready",
        )


def stalled():
    busy = openai.OpenAI(base_url=base("stalled"), api_key="none", max_retries=0, timeout=120)
    create = busy.chat.completions.create
    stream = create(model="siren", messages=asked, stream=True)
    for turn in ("first", "second"):
        first = next(iter(stream))
        holds(f"a slow stream begins ({turn})", first.choices[0].delta.role == "assistant", first)
        error = raised(
            f"429 is RateLimitError ({turn})",
            openai.RateLimitError,
            lambda: create(model="siren", messages=asked),
            code="too_many_answers",
        )
        holds(f"429 tells when to come back ({turn})", int(error.response.headers["retry-after"]) > 0)
        # The second turn shows that leaving in the middle gives the place back.
        stream.close()
        stream = once_free(create)
    stream.close()
    holds("leaving mid-stream frees the place", True)


def once_free(create):
    """The stream that gets the place, which the server frees a little after the last reader has gone."""
    for _ in range(600):
        try:
            return create(model="siren", messages=asked, stream=True)
        except openai.RateLimitError:
            time.sleep(0.05)
    raise SystemExit("the place was never given back")


def embeddings():
    texts = ["클라우드 전환", "moving to the cloud", "점심 메뉴"]
    packed = client.embeddings.create(model="siren-embedding", input=texts)
    plain = client.embeddings.create(model="siren-embedding", input=texts, encoding_format="float")
    vectors = [item.embedding for item in packed.data]
    holds("embeddings", [item.index for item in packed.data] == [0, 1, 2] and packed.usage.total_tokens > 0, packed)
    near = max(abs(a - b) for x, y in zip(vectors, (item.embedding for item in plain.data)) for a, b in zip(x, y))
    holds("base64 and float are the same", near < 1e-6, near)
    dot = lambda a, b: sum(x * y for x, y in zip(a, b))
    holds("a vector has length 1", abs(dot(vectors[0], vectors[0]) - 1) < 1e-3, dot(vectors[0], vectors[0]))
    holds("what means the same is near", dot(vectors[0], vectors[1]) > dot(vectors[0], vectors[2]))
    raw = client.embeddings.with_raw_response.create(model="siren-embedding", input="전환", encoding_format="base64")
    body = raw.http_response.json()["data"][0]["embedding"]
    numbers = struct.unpack(f"<{len(vectors[0])}f", base64.b64decode(body))
    holds("base64 is little-endian floats", abs(dot(numbers, numbers) - 1) < 1e-3)
    create = client.embeddings.create
    raised("embeddings: another model", openai.NotFoundError, lambda: create(model="text-embedding-3-small", input="x"))
    raised(
        "embeddings: tokens",
        openai.BadRequestError,
        lambda: create(model="siren-embedding", input=[1, 2]),
        code="unsupported_tokens",
    )
    raised(
        "embeddings: too many",
        openai.BadRequestError,
        lambda: create(model="siren-embedding", input=["x"] * 2049),
        code="too_many_texts",
    )


ids = models()
whole()
streams()
turns()
faults()
stalled()
if "siren-embedding" in ids:
    embeddings()
