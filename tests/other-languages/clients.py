"""What applications do with the official clients of Python: an answer in one piece, and a stream.

`clients.py NAME` runs one client as it is made without arguments, from the variables alone; a client that
reads no variable gets its address as an application would pass it on.
"""

import os
import sys

MODEL = "smollm2-135m"
LOCAL_MODEL = "local/smollm2-135m"
QUESTION = "What is the capital of France? Answer in one short sentence."
MESSAGES = [{"role": "user", "content": QUESTION}]


def of_openai_shape(client):
    """Chat completions, as the libraries of OpenAI and of Groq have them."""
    asked = {"model": MODEL, "messages": MESSAGES, "temperature": 0, "max_tokens": 32}
    answer = client.chat.completions.create(**asked).choices[0].message.content
    chunks = client.chat.completions.create(stream=True, **asked)
    return answer, [chunk.choices[0].delta.content for chunk in chunks if chunk.choices]


def openai():
    from openai import OpenAI

    return of_openai_shape(OpenAI())


def groq():
    from groq import Groq

    return of_openai_shape(Groq())


def anthropic():
    from anthropic import Anthropic

    client = Anthropic()
    asked = {"model": MODEL, "messages": MESSAGES, "temperature": 0, "max_tokens": 32}
    try:
        answer = client.messages.create(**asked).content[0].text
    except TypeError:  # newer models take no temperature, so a newer library has no argument for it
        del asked["temperature"]
        answer = client.messages.create(**asked).content[0].text
    with client.messages.stream(**asked) as stream:
        return answer, list(stream.text_stream)


def google_genai():
    from google import genai

    client = genai.Client()
    asked = {
        "model": MODEL,
        "contents": QUESTION,
        "config": {"temperature": 0, "max_output_tokens": 32},
    }
    answer = client.models.generate_content(**asked).text
    chunks = client.models.generate_content_stream(**asked)
    return answer, [chunk.text for chunk in chunks]


def cohere():
    import cohere

    client = cohere.ClientV2()
    asked = {"model": "command-a-03-2025", "messages": MESSAGES, "max_tokens": 32}
    answer = client.chat(**asked).message.content[0].text
    events = client.chat_stream(**asked)
    return answer, [event.delta.message.content.text for event in events if event.type == "content-delta"]


def mistralai():
    try:
        from mistralai.client import Mistral
    except ImportError:
        from mistralai import Mistral

    client = Mistral(api_key=os.environ["MISTRAL_API_KEY"], server_url=os.environ["MISTRAL_BASE_URL"])
    asked = {"model": MODEL, "messages": MESSAGES, "temperature": 0, "max_tokens": 32}
    answer = client.chat.complete(**asked).choices[0].message.content
    events = client.chat.stream(**asked)
    return answer, [event.data.choices[0].delta.content for event in events if event.data.choices]


def ollama():
    import ollama

    asked = {
        "model": LOCAL_MODEL,
        "messages": MESSAGES,
        "options": {"temperature": 0, "num_predict": 32},
    }
    answer = ollama.chat(**asked).message.content
    return answer, [part.message.content for part in ollama.chat(stream=True, **asked)]


def boto3():
    import boto3

    client = boto3.client("bedrock-runtime")
    asked = {
        "modelId": "anthropic.claude-3-5-sonnet-20241022-v2:0",
        "messages": [{"role": "user", "content": [{"text": QUESTION}]}],
        "inferenceConfig": {"maxTokens": 32},
    }
    answer = client.converse(**asked)["output"]["message"]["content"][0]["text"]
    deltas = (event.get("contentBlockDelta") for event in client.converse_stream(**asked)["stream"])
    return answer, [delta["delta"]["text"] for delta in deltas if delta]


CLIENTS = [openai, anthropic, google_genai, cohere, mistralai, ollama, groq, boto3]


def main():
    name = sys.argv[1]
    answer, pieces = {client.__name__: client for client in CLIENTS}[name]()
    pieces = [piece for piece in pieces if piece]
    assert "Paris" in answer, answer
    assert len(pieces) > 1, f"one piece is no stream: {pieces}"
    assert "Paris" in "".join(pieces), pieces


main()
