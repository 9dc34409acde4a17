#!/usr/bin/env python3
"""Mixed load for some minutes, with everything that goes wrong outside: does the server stay whole?

Clients ask whole and streamed, vanish in the middle, stall, and send rubbish. The model server is a hostile fake: it
answers, stalls, errs, breaks off, and sends garbage. Underneath notes are added, changed and deleted, and
`siren reindex` runs again and again. At the end these must hold, else the exit code is 1:

- no 500, no 5xx without a code and a message, and no stream that merely stops or ends in the server's own fault;
- every citation's quote stands in its document, as it was at some time;
- memory and file handles of the last quarter are those of the second one.

Each minute a line tells how far it is, so that a run that is cut off still tells something.

usage: soak.py --siren target/release/siren --text data/takeaways [--minutes 5] [--clients 16] [--seed 1]
"""
import argparse
import asyncio
import collections
import json
import os
import pathlib
import random
import re
import statistics
import tempfile
import time

import serving

SETTINGS = """[serve]
concurrent_answers = 12
queue_length = 12
answer_timeout_s = 20
header_timeout_s = 3
body_timeout_s = 2
write_timeout_s = 3
[answer]
connect_timeout_s = 2
first_token_timeout_s = 2
idle_timeout_s = 2
"""


class HostileModel:
    """A model server that is at its best a third of the time."""

    def __init__(self, seed):
        self.rng, self.did = random.Random(seed), collections.Counter()

    async def serve(self, reader, writer):
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"POST"):
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\nConnection: close\r\n\r\n{\"data\":[]}")
                return
            at = head.lower().find(b"content-length:")
            body = json.loads(await reader.readexactly(int(head[at + 15 :].split(b"\r\n", 1)[0])))
            how = self.rng.choice(["answers"] * 4 + ["stalls", "errs", "busy", "breaks", "garbage", "resets", "floods"])
            self.did[how] += 1
            await getattr(self, how)(writer, body)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    @staticmethod
    def begin(writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")

    @staticmethod
    def event(writer, text=None, finish=None):
        delta = {} if text is None else {"content": text}
        chunk = {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
        writer.write(f"data: {json.dumps(chunk)}\n\n".encode())

    def words(self, body):
        """Two sentences of the passages it was given, and one of its own."""
        prompt = body["messages"][-1]["content"]
        texts = re.findall(r"(?s)<passage n=\"?(\d+)\"?>.*?(?:본문|Text):\n(.*?)</passage>", prompt)
        out = []
        for n, text in self.rng.sample(texts, min(2, len(texts))):
            sentences = [s.strip() for s in re.split(r"(?<=[.!?])\s+|\n+", text) if len(s.strip()) > 10]
            if sentences:
                out.append(f"{self.rng.choice(sentences)} [{n}]")
        out.append("화성 데이터센터는 2031년에 문을 연다 [1].")
        return " ".join(out)

    async def answers(self, writer, body):
        self.begin(writer)
        text = self.words(body)
        for at in range(0, len(text), 7):
            self.event(writer, text[at : at + 7])
            await writer.drain()
            await asyncio.sleep(0.005)
        self.event(writer, finish="stop")
        writer.write(b"data: [DONE]\n\n")
        await writer.drain()

    async def stalls(self, writer, body):
        self.begin(writer)
        self.event(writer, self.words(body)[:20])
        await writer.drain()
        await asyncio.sleep(8)

    async def errs(self, writer, _):
        writer.write(b"HTTP/1.1 500 Oops\r\nContent-Length: 4\r\nConnection: close\r\n\r\noops")
        await writer.drain()

    async def busy(self, writer, _):
        body = b'{"error":{"message":"slow down","type":"rate_limit","code":429}}'
        head = f"HTTP/1.1 429 Busy\r\nRetry-After: 1\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()

    async def breaks(self, writer, body):
        self.begin(writer)
        self.event(writer, self.words(body)[:30])
        await writer.drain()

    async def garbage(self, writer, _):
        self.begin(writer)
        writer.write(b"data: {\"choices\": 3}\n\ndata: \xff\xfe\x00\n\n: \n\nevent: x\ndata: {]\n\n" + bytes(range(256)))
        await writer.drain()

    async def resets(self, writer, _):
        writer.transport.abort()

    async def floods(self, writer, _):
        self.begin(writer)
        for _ in range(200):
            self.event(writer, "가나다라 " * 200)
            await writer.drain()


class Clients:
    def __init__(self, place, address, asked, rng):
        self.place, self.address, self.asked, self.rng = place, address, asked, rng
        self.counts, self.wrong, self.cited = collections.Counter(), [], 0
        # Every form that a note ever had: an answer of the older index may quote an older one.
        self.ever = collections.defaultdict(str)

    def remember(self, file):
        self.ever[file.name] += re.sub(r"\W+", "", file.read_text(encoding="utf-8"))

    def check(self, citations):
        for citation in citations:
            name = citation["document_id"].rsplit("/", 1)[-1]
            self.cited += 1
            if not citation["quote"] or re.sub(r"\W+", "", citation["quote"]) not in self.ever[name]:
                self.wrong.append(f"quoted what it did not read: {citation}")

    def told(self):
        """What has come of it so far, on one line."""
        answered = {key: count for key, count in sorted(self.counts.items(), key=str) if isinstance(key, int)}
        return f"answers by status {answered}, {self.cited} citations checked, {len(self.wrong)} wrong"

    async def once(self):
        how = self.rng.choices(["whole", "stream", "vanish", "rubbish", "stall"], [8, 8, 3, 1, 1])[0]
        reader, writer = await asyncio.open_connection(*self.address, limit=1 << 22)
        try:
            self.counts[how] += 1
            await getattr(self, how)(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError) as error:
            self.wrong.append(f"{how}: the connection broke: {error!r}")
        finally:
            writer.transport.abort()

    def request(self, stream):
        message = {"role": "user", "content": self.rng.choice(self.asked)}
        body = json.dumps({"stream": stream, "messages": [message]}).encode()
        head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: {self.address[0]}\r\nContent-Type: application/json\r\n"
        return f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body

    async def response(self, reader):
        head = await reader.readuntil(b"\r\n\r\n")
        body = await asyncio.wait_for(reader.read(), 60)
        status = int(head[9:12])
        self.counts[status] += 1
        if status >= 400:
            error = json.loads(body)["error"]
            self.counts[error["code"]] += 1
            if not error["code"] or not error["message"]:
                self.wrong.append(f"{status} without a reason: {body}")
            if status == 500:
                self.wrong.append(f"the server's own fault: {body}")
            if status in (429, 503) and b"retry-after:" not in head.lower():
                self.wrong.append(f"{status} without Retry-After")
        return status, body

    async def whole(self, reader, writer):
        writer.write(self.request(False))
        status, body = await self.response(reader)
        if status == 200:
            self.check(json.loads(body)["citations"])

    async def stream(self, reader, writer):
        writer.write(self.request(True))
        status, body = await self.response(reader)
        if status != 200:
            return
        lines = [line[6:] for line in body.decode().splitlines() if line.startswith("data: ")]
        if '"internal_error"' in lines[-1]:
            self.wrong.append(f"the server's own fault: {lines[-1]}")
        elif lines[-1] == "[DONE]":
            self.check(next(c["citations"] for c in map(json.loads, reversed(lines[:-1])) if "citations" in c))
        elif "error" not in json.loads(lines[-1]):
            self.wrong.append(f"a stream merely stopped: {lines[-1]}")

    async def vanish(self, reader, writer):
        writer.write(self.request(self.rng.random() < 0.5))
        await asyncio.sleep(self.rng.random() * 0.3)

    async def rubbish(self, reader, writer):
        writer.write(self.rng.choice([b"\x16\x03\x01\x02\x00", b"GET /\r\n\r\n", b"POST /v1/chat/completions HTTP/9\r\n"]))
        await asyncio.wait_for(reader.read(), 30)

    async def stall(self, reader, writer):
        # A head, or a body, that does not come to its end.
        request = self.request(False)
        writer.write(request[: self.rng.choice([20, len(request) - 5])])
        await asyncio.wait_for(reader.read(), 30)


async def churn(place, clients, end, rng):
    """Notes come, change and go, and the index follows."""
    runs, folder = 0, place.work / "notes"
    source = (place.work / "spare").rglob("*.md")
    spare = sorted(source)
    while time.monotonic() < end:
        for number in range(5):
            file = folder / f"churn-{rng.randrange(40)}.md"
            if file.exists() and rng.random() < 0.3:
                file.unlink()
            else:
                file.write_text(rng.choice(spare).read_text(encoding="utf-8"), encoding="utf-8")
                clients.remember(file)
        process = await asyncio.create_subprocess_exec(
            place.siren, "--state", str(place.work / "state"), "--quiet", "reindex", cwd=place.work,
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        )
        _, told = await process.communicate()
        runs += 1
        if process.returncode:
            clients.wrong.append(f"reindex: {told.decode()}")
        await asyncio.sleep(5)
    return runs


async def sample(process, samples, end):
    while time.monotonic() < end:
        samples.append((serving.memory_kb(process), serving.handles(process)))
        await asyncio.sleep(1)


async def tell(clients, samples, end):
    """A line a minute."""
    began = time.monotonic()
    while (left := end - time.monotonic()) > 0:
        await asyncio.sleep(min(60, left))
        memory, handles = samples[-1] if samples else (0, 0)
        minutes = (time.monotonic() - began) / 60
        print(f"minute {minutes:.0f}: {clients.told()}; {memory} kB, {handles} handles", flush=True)
        for line in clients.wrong[:3]:
            print("  WRONG:", line, flush=True)


async def soak(args, place, asked):
    rng = random.Random(args.seed)
    model = HostileModel(args.seed)
    server = await asyncio.start_server(model.serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    process, address = place.serve(SIREN_LLM_BASE_URL=url, SIREN_LLM_MODEL="hostile", SIREN_LOG="off")
    clients = Clients(place, address, asked, rng)
    for file in (place.work / "notes").rglob("*.md"):
        clients.remember(file)
    end, samples = time.monotonic() + args.minutes * 60, []

    async def worker():
        while time.monotonic() < end:
            await clients.once()

    work = [worker() for _ in range(args.clients)]
    *_, runs, _, _ = await asyncio.gather(
        *work, churn(place, clients, end, rng), sample(process, samples, end), tell(clients, samples, end)
    )
    is_alive = process.poll() is None
    process.terminate()
    code = process.wait(60)
    server.close()
    return clients, model, samples, runs, is_alive and code == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--siren", required=True, type=os.path.abspath)
    parser.add_argument("--text", type=pathlib.Path, action="append", required=True)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--chunks", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    serving.raise_file_limit()
    with tempfile.TemporaryDirectory() as work:
        place, _ = serving.corpus(args.siren, work, args.chunks, args.text, SETTINGS)
        serving.write_notes(place.work / "spare", 60, args.text, seed=99)
        asked = serving.questions(place, 300)
        clients, model, samples, runs, ended_well = asyncio.run(soak(args, place, asked))
    print(f"{args.minutes} minutes, {args.clients} clients: {dict(clients.counts)}")
    print(f"the model: {dict(model.did)}; {runs} reindex runs; {clients.cited} citations checked")
    wrong = clients.wrong
    quarter = max(1, len(samples) // 4)
    for name, at, slack in [("memory (kB)", 0, 1.15), ("handles", 1, 1.25)]:
        early = statistics.median(s[at] for s in samples[quarter : 2 * quarter])
        late = statistics.median(s[at] for s in samples[-quarter:])
        print(f"{name}: second quarter {early:.0f}, last quarter {late:.0f}, most {max(s[at] for s in samples)}")
        if late > early * slack + 16:
            wrong.append(f"{name} grows: {early} -> {late}")
    if not ended_well:
        wrong.append("the server did not end in order")
    for line in wrong[:20]:
        print("WRONG:", line)
    raise SystemExit(1 if wrong else 0)


if __name__ == "__main__":
    main()
