"""What does Siren add to the time to the first token? The same model server is asked through Siren and directly, with
the same final prompt, turn by turn in one run.

    cargo build --release
    python3 bench/first_token.py --siren target/release/siren

The server is a stand-in that quotes the first passage at once (or a token each --token-ms), so that nothing but Siren's
own work lies between the two times: rules, retrieval, the prompt, the way through HTTP, the check of the first sentence.
Siren shows a sentence when it is whole and a passage supports it; --token-ms shows what that costs with a model that
writes slowly, beside the time at which the model's own first sentence is whole.
"""

import argparse
import http.client
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ROOT = pathlib.Path(__file__).resolve().parent.parent
MARK = "[1]"


class Model(BaseHTTPRequestHandler):
    """Quotes the first passage of the prompt, a few characters a token."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    token_s = 0.0
    bodies = []

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Model.bodies.append(body)
        prompt = json.loads(body)["messages"][-1]["content"]
        text = re.search(r"(?:본문|Text):\n(.+?)(?:\n|</passage>)", prompt, re.S)
        sentence = re.split(r"(?<=[.다요])\s", (text.group(1) if text else "no passage").strip())[0].rstrip(".")
        answer = f"{sentence} {MARK}. {sentence} {MARK}."
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for at in range(0, len(answer), 3):
            time.sleep(self.token_s)
            self.piece({"content": answer[at : at + 3]}, None)
        self.piece({}, "stop")
        self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True

    def piece(self, delta, finish):
        chunk = {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
        self.wfile.write(b"data: " + json.dumps(chunk, ensure_ascii=False).encode() + b"\n\n")


def first_token(address, path, body):
    """Seconds to the first piece of text, and to the end of the first sentence."""
    connection = http.client.HTTPConnection(address, timeout=120)
    connection.connect()
    begun = time.perf_counter()
    connection.request("POST", path, body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    first, text = None, ""
    for line in response:
        if not line.startswith(b"data: {"):
            continue
        choices = json.loads(line[6:]).get("choices") or [{}]
        words = choices[0].get("delta", {}).get("content") or ""
        if words and first is None:
            first = time.perf_counter() - begun
        text += words
        if first is not None and MARK in text:
            break
    sentence = time.perf_counter() - begun
    connection.close()
    return first, sentence, text


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def row(name, values):
    values = [1000 * value for value in values]
    print(f"{name:48} p50 {statistics.median(values):8.2f} ms   p95 {percentile(values, 0.95):8.2f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--siren", required=True, help="the release binary")
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--token-ms", type=float, default=0.0)
    arguments = parser.parse_args()
    Model.token_s = arguments.token_ms / 1000
    model = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    threading.Thread(target=model.serve_forever, daemon=True).start()
    address = f"127.0.0.1:{model.server_port}"
    lines = (ROOT / "eval/conference/questions.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line)["text"] for line in lines][: arguments.questions]

    with tempfile.TemporaryDirectory() as folder:
        settings = pathlib.Path(folder, "siren.toml")
        text = (ROOT / "siren.toml").read_text(encoding="utf-8")
        text = text.replace('path = "data/', f'path = "{ROOT}/data/').replace("sqlite:data/", f"sqlite:{ROOT}/data/")
        settings.write_text(f"{text}\n[answer]\ncache_s = 0\n", encoding="utf-8")
        siren = [os.path.abspath(arguments.siren), "--config", str(settings), "--state", f"{folder}/state"]
        environment = {**os.environ, "SIREN_LLM_BASE_URL": f"http://{address}/v1", "SIREN_LLM_MODEL": "stand-in"}
        subprocess.run([*siren, "--quiet", "reindex"], check=True, env=environment)
        server = subprocess.Popen(
            [*siren, "serve", "--listen", "127.0.0.1:0"], stderr=subprocess.PIPE, text=True, env=environment
        )
        try:
            listens = next(line for line in server.stderr if "siren listens on http://" in line)
            own = listens.split("http://")[1].split()[0]
            threading.Thread(target=lambda: [None for _ in server.stderr], daemon=True).start()
            through, directly, sentences, both = [], [], [], []
            skipped = 0
            for question in questions:
                asked = json.dumps({"stream": True, "messages": [{"role": "user", "content": question}]})
                before = len(Model.bodies)
                first, _, _ = first_token(own, "/v1/chat/completions", asked.encode())
                if len(Model.bodies) == before or first is None:
                    skipped += 1  # a rule answered, or nothing was found
                    continue
                alone, sentence, _ = first_token(address, "/v1/chat/completions", Model.bodies[before])
                through.append(first)
                directly.append(alone)
                sentences.append(sentence)
                both.append(first - (sentence if arguments.token_ms else alone))
        finally:
            server.terminate()
            server.wait(30)
    print(f"{len(through)} questions, {skipped} answered without the model, {arguments.token_ms:g} ms a token")
    row("directly: first token", directly)
    row("directly: first sentence whole", sentences)
    row("through Siren: first words shown", through)
    row("Siren adds to " + ("the first sentence" if arguments.token_ms else "the first token"), both)
    sys.exit(0 if statistics.median(both) <= 0.010 or arguments.token_ms else 1)


if __name__ == "__main__":
    main()
