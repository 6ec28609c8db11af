"""Official Python clients against `llmock serve`: every answer must be what their users expect to read."""

import json
import os
import sys
import traceback

URL = os.environ["MOCK_URL"]
KEYED = os.environ["MOCK_KEYED_URL"]
LISTED = os.environ["MOCK_LISTED_URL"]
KEY = "your-secret-api-key"
CALL = "call tool 'weather' with '{\"city\": \"Paris\", \"note\": \"it's warm\"}'"
ARGUMENTS = {"city": "Paris", "note": "it's warm"}
CALLS = CALL + "\ncall tool 'clock' with '{}'"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}, "note": {"type": "string"}}}
checks = []


def check(function):
    checks.append(function)
    return function


def raises(kind, function):
    try:
        function()
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__} was raised")


# --- OpenAI


def openai(url=URL, key="any"):
    import openai

    return openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0)


def chat(text, **more):
    return openai().chat.completions.create(
        model="gpt-4o", messages=[{"role": "user", "content": text}], **more
    )


OPENAI_TOOLS = [
    {"type": "function", "function": {"name": name, "parameters": SCHEMA}} for name in ("weather", "clock")
]


@check
def openai_chat_mirrors_the_last_user_message():
    answer = chat("Hello!")
    assert answer.choices[0].message.content == "Hello!"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.model == "gpt-4o" and answer.id.startswith("chatcmpl-")
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


@check
def openai_chat_without_the_version_in_the_path():
    import openai as module

    client = module.OpenAI(base_url=URL, api_key="any", max_retries=0)
    answer = client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hi"}])
    assert answer.choices[0].message.content == "Hi"


@check
def openai_chat_joins_text_parts_and_accepts_a_developer():
    answer = openai().chat.completions.create(
        model="gpt-4o",
        messages=[
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]},
        ],
    )
    assert answer.choices[0].message.content == "one\ntwo"


@check
def openai_chat_streams_with_usage_at_the_end():
    chunks = list(chat("one two three", stream=True, stream_options={"include_usage": True}))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == "one two three"
    assert chunks[-1].choices == [] and chunks[-1].usage.total_tokens > 0
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"


@check
def openai_chat_calls_several_tools_in_one_message():
    choice = chat(CALLS, tools=OPENAI_TOOLS).choices[0]
    assert choice.finish_reason == "tool_calls"
    calls = choice.message.tool_calls
    assert [call.function.name for call in calls] == ["weather", "clock"]
    assert json.loads(calls[0].function.arguments) == ARGUMENTS


@check
def openai_chat_streams_tool_calls():
    with openai().chat.completions.stream(
        model="gpt-4o", messages=[{"role": "user", "content": CALLS}], tools=OPENAI_TOOLS
    ) as stream:
        for _ in stream:
            pass
        calls = stream.get_final_completion().choices[0].message.tool_calls
    assert [call.function.name for call in calls] == ["weather", "clock"]
    assert json.loads(calls[0].function.arguments) == ARGUMENTS


@check
def openai_chat_agent_loop_ends_with_text():
    call = chat(CALL, tools=OPENAI_TOOLS).choices[0].message
    answer = openai().chat.completions.create(
        model="gpt-4o",
        messages=[
            {"role": "user", "content": CALL},
            call,
            {"role": "tool", "tool_call_id": call.tool_calls[0].id, "content": "sunny"},
        ],
    )
    assert answer.choices[0].message.tool_calls is None
    assert "sunny" in answer.choices[0].message.content


@check
def openai_errors_are_raised_as_the_client_s_own():
    import openai as module

    text = 'raise error {"code": 429, "message": "slow down", "type": "rate", "error_code": "too_fast"}'
    error = raises(module.RateLimitError, lambda: chat(text))
    assert (error.status_code, error.code, error.type) == (429, "too_fast", "rate"), error
    assert "slow down" in str(error)
    raises(module.RateLimitError, lambda: list(chat(text, stream=True)))


@check
def openai_responses_mirror_and_stream():
    answer = openai().responses.create(model="gpt-4o", input="Hello!")
    assert answer.output_text == "Hello!" and answer.status == "completed"
    events = list(openai().responses.create(model="gpt-4o", input="one two", stream=True))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert events[0].type == "response.created" and events[-1].type == "response.completed"
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert "".join(deltas) == "one two" == events[-1].response.output_text


@check
def openai_responses_run_an_agent_loop():
    tools = [{"type": "function", "name": "weather", "parameters": SCHEMA, "strict": False}]
    client = openai()
    first = client.responses.create(model="gpt-4o", input=CALLS, tools=tools)
    calls = [item for item in first.output if item.type == "function_call"]
    assert [call.name for call in calls] == ["weather", "clock"]
    assert json.loads(calls[0].arguments) == ARGUMENTS
    history = [{"role": "user", "content": CALLS}, *first.output]
    history += [{"type": "function_call_output", "call_id": c.call_id, "output": "sunny"} for c in calls]
    second = client.responses.create(model="gpt-4o", input=history, tools=tools)
    assert "sunny" in second.output_text


@check
def openai_lists_models_and_misses_unknown_ones():
    import openai as module

    client = openai(LISTED)
    assert [model.id for model in client.models.list().data] == ["gpt-4o", "org/model-1"]
    assert client.models.retrieve("org/model-1").id == "org/model-1"
    error = raises(module.NotFoundError, lambda: client.models.retrieve("gpt-9"))
    assert error.code == "model_not_found", error
    messages = [{"role": "user", "content": "Hello!"}]
    error = raises(
        module.NotFoundError, lambda: client.chat.completions.create(model="gpt-9", messages=messages)
    )
    assert error.code == "model_not_found", error


@check
def openai_embeds_completes_and_moderates():
    vectors = openai().embeddings.create(model="text-embedding-3-small", input=["a", "b"]).data
    assert len(vectors) == 2 and vectors[0].embedding != vectors[1].embedding
    again = openai().embeddings.create(model="text-embedding-3-small", input="a").data[0].embedding
    assert again == vectors[0].embedding
    assert openai().completions.create(model="gpt-3.5-turbo-instruct", prompt="Hi").choices[0].text == "Hi"
    assert openai().moderations.create(input="Hi").results[0].flagged is False


@check
def openai_key_is_checked_where_one_is_set():
    import openai as module

    messages = [{"role": "user", "content": "Hello!"}]
    right = openai(KEYED, KEY).chat.completions.create(model="gpt-4o", messages=messages)
    assert right.choices[0].message.content == "Hello!"
    wrong = openai(KEYED, "wrong")
    raises(module.AuthenticationError, lambda: wrong.chat.completions.create(model="m", messages=messages))


# --- Anthropic


def anthropic(url=URL, key="any"):
    import anthropic

    return anthropic.Anthropic(base_url=url, api_key=key, max_retries=0)


ANTHROPIC_TOOLS = [{"name": name, "input_schema": SCHEMA} for name in ("weather", "clock")]


def message(text, max_tokens=100, **more):
    return anthropic().messages.create(
        model="claude-mock", max_tokens=max_tokens, messages=[{"role": "user", "content": text}], **more
    )


@check
def anthropic_mirrors_streams_and_counts():
    answer = message("Hello!")
    assert answer.content[0].text == "Hello!" and answer.stop_reason == "end_turn"
    with anthropic().messages.stream(
        model="claude-mock", max_tokens=100, messages=[{"role": "user", "content": "one two"}]
    ) as stream:
        assert "".join(stream.text_stream) == "one two"
        assert stream.get_final_message().usage.output_tokens > 0
    count = anthropic().messages.count_tokens(
        model="claude-mock", messages=[{"role": "user", "content": "Hello!"}]
    )
    assert count.input_tokens > 0


@check
def anthropic_agent_loop_ends_with_text():
    first = message(CALLS, tools=ANTHROPIC_TOOLS)
    assert first.stop_reason == "tool_use"
    calls = [block for block in first.content if block.type == "tool_use"]
    assert [call.name for call in calls] == ["weather", "clock"] and calls[0].input == ARGUMENTS
    results = [{"type": "tool_result", "tool_use_id": call.id, "content": "sunny"} for call in calls]
    second = anthropic().messages.create(
        model="claude-mock",
        max_tokens=100,
        messages=[
            {"role": "user", "content": CALLS},
            {"role": "assistant", "content": first.content},
            {"role": "user", "content": results},
        ],
    )
    assert second.stop_reason == "end_turn" and "sunny" in second.content[0].text


@check
def anthropic_streams_tool_calls():
    with anthropic().messages.stream(
        model="claude-mock",
        max_tokens=100,
        messages=[{"role": "user", "content": CALL}],
        tools=ANTHROPIC_TOOLS,
    ) as stream:
        final = stream.get_final_message()
    assert final.content[0].input == ARGUMENTS


@check
def anthropic_errors_and_keys():
    import anthropic as module

    text = 'raise error {"code": 529, "message": "busy", "type": "overloaded_error"}'
    error = raises(module.APIStatusError, lambda: message(text))
    assert error.status_code == 529 and error.body["error"]["type"] == "overloaded_error", error.body
    messages = [{"role": "user", "content": "Hello!"}]
    right = anthropic(KEYED, KEY).messages.create(model="m", max_tokens=9, messages=messages)
    assert right.content[0].text == "Hello!"
    wrong = anthropic(KEYED, "wrong")
    raises(
        module.AuthenticationError,
        lambda: wrong.messages.create(model="m", max_tokens=9, messages=messages),
    )


@check
def anthropic_lists_models():
    listed = anthropic(LISTED).models.list().data
    assert [model.id for model in listed] == ["gpt-4o", "org/model-1"]


# --- Gemini


def gemini(url=URL, key="any"):
    from google import genai
    from google.genai import types

    return genai.Client(api_key=key, http_options=types.HttpOptions(base_url=url)), types


def gemini_tools(types):
    declarations = [
        types.FunctionDeclaration(name=name, parameters_json_schema=SCHEMA) for name in ("weather", "clock")
    ]
    off = types.AutomaticFunctionCallingConfig(disable=True)
    return types.GenerateContentConfig(
        tools=[types.Tool(function_declarations=declarations)], automatic_function_calling=off
    )


@check
def gemini_mirrors_streams_counts_and_embeds():
    client, _ = gemini()
    assert client.models.generate_content(model="gemini-2.5-flash", contents="Hello!").text == "Hello!"
    stream = client.models.generate_content_stream(model="gemini-2.5-flash", contents="one two three")
    assert "".join(chunk.text or "" for chunk in stream) == "one two three"
    assert client.models.count_tokens(model="gemini-2.5-flash", contents="Hello!").total_tokens > 0
    embedded = client.models.embed_content(model="gemini-embedding-001", contents=["a", "b"])
    assert len(embedded.embeddings) == 2


@check
def gemini_agent_loop_ends_with_text():
    client, types = gemini()
    config = gemini_tools(types)
    first = client.models.generate_content(model="gemini-2.5-flash", contents=CALLS, config=config)
    assert [call.name for call in first.function_calls] == ["weather", "clock"]
    assert first.function_calls[0].args == ARGUMENTS
    results = [
        types.Part.from_function_response(name=call.name, response={"result": "sunny"})
        for call in first.function_calls
    ]
    history = [
        types.Content(role="user", parts=[types.Part(text=CALLS)]),
        first.candidates[0].content,
        types.Content(role="user", parts=results),
    ]
    second = client.models.generate_content(model="gemini-2.5-flash", contents=history, config=config)
    assert "sunny" in second.text


@check
def gemini_errors_and_keys():
    from google.genai import errors

    client, _ = gemini()
    text = 'raise error {"code": 429, "message": "slow down", "type": "RESOURCE_EXHAUSTED"}'
    error = raises(
        errors.ClientError, lambda: client.models.generate_content(model="m", contents=text)
    )
    assert error.code == 429 and "slow down" in error.message
    right, _ = gemini(KEYED, KEY)
    assert right.models.generate_content(model="m", contents="Hello!").text == "Hello!"
    wrong, _ = gemini(KEYED, "wrong")
    error = raises(
        errors.ClientError, lambda: wrong.models.generate_content(model="m", contents="Hello!")
    )
    assert error.code in (400, 401), error


# --- Ollama


def ollama():
    import ollama

    return ollama.Client(host=URL)


@check
def ollama_mirrors_streams_and_embeds():
    messages = [{"role": "user", "content": "one two"}]
    assert ollama().chat(model="llama3.2", messages=messages).message.content == "one two"
    chunks = list(ollama().chat(model="llama3.2", messages=messages, stream=True))
    assert "".join(chunk.message.content for chunk in chunks) == "one two" and chunks[-1].done
    assert ollama().generate(model="llama3.2", prompt="Hello!").response == "Hello!"
    assert len(ollama().embed(model="all-minilm", input=["a", "b"]).embeddings) == 2
    assert isinstance(list(ollama().list().models), list)


@check
def ollama_agent_loop_ends_with_text():
    tools = [
        {"type": "function", "function": {"name": name, "description": name, "parameters": SCHEMA}}
        for name in ("weather", "clock")
    ]
    messages = [{"role": "user", "content": CALLS}]
    first = ollama().chat(model="llama3.2", messages=messages, tools=tools).message
    assert [call.function.name for call in first.tool_calls] == ["weather", "clock"]
    assert first.tool_calls[0].function.arguments == ARGUMENTS
    messages += [first, {"role": "tool", "content": "sunny", "tool_name": "weather"}]
    assert "sunny" in ollama().chat(model="llama3.2", messages=messages, tools=tools).message.content


@check
def ollama_errors_and_keys():
    import ollama as module

    messages = [{"role": "user", "content": 'raise error {"code": 404, "message": "no such model"}'}]
    error = raises(module.ResponseError, lambda: ollama().chat(model="m", messages=messages))
    assert error.status_code == 404 and "no such model" in error.error
    hello = [{"role": "user", "content": "Hello!"}]
    right = module.Client(host=KEYED, headers={"Authorization": f"Bearer {KEY}"})
    assert right.chat(model="m", messages=hello).message.content == "Hello!"
    wrong = module.Client(host=KEYED, headers={"Authorization": "Bearer wrong"})
    error = raises(module.ResponseError, lambda: wrong.chat(model="m", messages=hello))
    assert error.status_code == 401, error


# --- Cohere


def cohere(url=URL, key="any"):
    import cohere

    return cohere.ClientV2(api_key=key, base_url=url)


@check
def cohere_mirrors_streams_and_embeds():
    messages = [{"role": "user", "content": "one two"}]
    answer = cohere().chat(model="command-a-03-2025", messages=messages)
    assert answer.message.content[0].text == "one two" and answer.finish_reason == "COMPLETE"
    events = list(cohere().chat_stream(model="command-a-03-2025", messages=messages))
    text = [event.delta.message.content.text for event in events if event.type == "content-delta"]
    assert "".join(text) == "one two" and events[-1].type == "message-end"
    embedded = cohere().embed(
        model="embed-v4.0", input_type="search_query", texts=["a", "b"], embedding_types=["float"]
    )
    assert len(embedded.embeddings.float_) == 2


@check
def cohere_agent_loop_ends_with_text():
    tools = [
        {"type": "function", "function": {"name": name, "parameters": SCHEMA}} for name in ("weather", "clock")
    ]
    messages = [{"role": "user", "content": CALLS}]
    first = cohere().chat(model="command-a-03-2025", messages=messages, tools=tools).message
    assert [call.function.name for call in first.tool_calls] == ["weather", "clock"]
    assert json.loads(first.tool_calls[0].function.arguments) == ARGUMENTS
    messages += [
        {"role": "assistant", "tool_calls": first.tool_calls},
        {"role": "tool", "tool_call_id": first.tool_calls[0].id, "content": "sunny"},
    ]
    second = cohere().chat(model="command-a-03-2025", messages=messages, tools=tools)
    assert "sunny" in second.message.content[0].text


@check
def cohere_errors_and_keys():
    from cohere import TooManyRequestsError, UnauthorizedError

    def chat(client, text):
        return client.chat(model="command-a-03-2025", messages=[{"role": "user", "content": text}])

    text = 'raise error {"code": 429, "message": "slow down"}'
    error = raises(TooManyRequestsError, lambda: chat(cohere(), text))
    assert error.status_code == 429 and "slow down" in str(error.body), error.body
    assert chat(cohere(KEYED, KEY), "Hello!").message.content[0].text == "Hello!"
    raises(UnauthorizedError, lambda: chat(cohere(KEYED, "wrong"), "Hello!"))


# --- Bedrock


def bedrock(url=URL, key="any"):
    import boto3
    from botocore.config import Config

    return boto3.client(
        "bedrock-runtime",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key="any",
        config=Config(retries={"max_attempts": 1}),
    )


@check
def bedrock_converses_and_streams():
    messages = [{"role": "user", "content": [{"text": "one two"}]}]
    model = "anthropic.claude-sonnet-4-5-20250929-v1:0"
    answer = bedrock().converse(modelId=model, messages=messages)
    assert answer["output"]["message"]["content"][0]["text"] == "one two"
    events = list(bedrock().converse_stream(modelId=model, messages=messages)["stream"])
    deltas = [e["contentBlockDelta"]["delta"]["text"] for e in events if "contentBlockDelta" in e]
    assert "".join(deltas) == "one two"


@check
def bedrock_calls_tools_and_raises_errors():
    from botocore.exceptions import ClientError

    model = "anthropic.claude-sonnet-4-5-20250929-v1:0"
    answer = bedrock().converse(modelId=model, messages=[{"role": "user", "content": [{"text": CALL}]}])
    assert answer["output"]["message"]["content"][0]["toolUse"]["input"] == ARGUMENTS
    text = 'raise error {"code": 429, "message": "slow down", "type": "ThrottlingException"}'
    messages = [{"role": "user", "content": [{"text": text}]}]
    error = raises(ClientError, lambda: bedrock().converse(modelId=model, messages=messages))
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 429


@check
def bedrock_agent_loop_ends_with_text_and_the_signer_is_the_key():
    from botocore.exceptions import ClientError

    model = "anthropic.claude-sonnet-4-5-20250929-v1:0"
    messages = [{"role": "user", "content": [{"text": CALLS}]}]
    first = bedrock().converse(modelId=model, messages=messages)
    assert first["stopReason"] == "tool_use", first
    calls = [part["toolUse"] for part in first["output"]["message"]["content"] if "toolUse" in part]
    assert [call["name"] for call in calls] == ["weather", "clock"]
    results = [
        {"toolResult": {"toolUseId": call["toolUseId"], "content": [{"text": "sunny"}]}} for call in calls
    ]
    messages += [first["output"]["message"], {"role": "user", "content": results}]
    second = bedrock().converse(modelId=model, messages=messages)
    assert "sunny" in second["output"]["message"]["content"][0]["text"]
    hello = [{"role": "user", "content": [{"text": "Hello!"}]}]
    right = bedrock(KEYED, KEY).converse(modelId=model, messages=hello)
    assert right["output"]["message"]["content"][0]["text"] == "Hello!"
    error = raises(ClientError, lambda: bedrock(KEYED, "wrong").converse(modelId=model, messages=hello))
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 401


@check
def bedrock_invokes_models_in_their_own_formats():
    for model, body, said in [
        ("meta.llama3-8b-instruct-v1:0", {"prompt": "Hello!"}, lambda answer: answer["generation"]),
        ("mistral.mistral-7b-instruct-v0:2", {"prompt": "Hello!"}, lambda answer: answer["outputs"][0]["text"]),
        ("amazon.titan-text-express-v1", {"inputText": "Hello!"}, lambda answer: answer["results"][0]["outputText"]),
    ]:
        answer = bedrock().invoke_model(modelId=model, body=json.dumps(body))
        assert said(json.loads(answer["body"].read())) == "Hello!", model
        stream = bedrock().invoke_model_with_response_stream(modelId=model, body=json.dumps(body))
        assert all("bytes" in event["chunk"] for event in stream["body"]), model


# --- JSON and tool calls that requests demand

TRIP = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 2}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
MADE = {"city": "city", "days": 2}


def trip():
    from pydantic import BaseModel, Field

    class Trip(BaseModel):
        city: str
        days: int = Field(ge=2)

    return Trip


@check
def openai_parses_what_a_model_demands():
    messages = [{"role": "user", "content": "a trip"}]
    answer = openai().chat.completions.parse(model="gpt-4o", messages=messages, response_format=trip())
    assert answer.choices[0].message.parsed.model_dump() == MADE
    response = openai().responses.parse(model="gpt-4o", input="a trip", text_format=trip())
    assert response.output_parsed.model_dump() == MADE
    with openai().chat.completions.stream(
        model="gpt-4o", messages=messages, response_format=trip()
    ) as stream:
        assert stream.get_final_completion().choices[0].message.parsed.model_dump() == MADE
    echo = '{"city": "Oslo", "days": 3}'
    messages = [{"role": "user", "content": echo}]
    answer = openai().chat.completions.parse(model="gpt-4o", messages=messages, response_format=trip())
    assert answer.choices[0].message.content == echo


@check
def openai_calls_the_tool_that_it_must():
    answer = chat("Hi", tools=OPENAI_TOOLS, tool_choice="required")
    assert answer.choices[0].finish_reason == "tool_calls"
    assert answer.choices[0].message.tool_calls[0].function.name == "weather"
    named = {"type": "function", "function": {"name": "clock"}}
    answer = chat("Hi", tools=OPENAI_TOOLS, tool_choice=named)
    assert answer.choices[0].message.tool_calls[0].function.name == "clock"
    answer = chat(CALL, tools=OPENAI_TOOLS, tool_choice="none")
    assert answer.choices[0].message.tool_calls is None


@check
def openai_rejects_results_without_calls():
    import openai as module

    messages = [{"role": "tool", "tool_call_id": "a", "content": "1"}]
    create = openai().chat.completions.create
    error = raises(module.BadRequestError, lambda: create(model="gpt-4o", messages=messages))
    assert "must be a response to a preceeding message with 'tool_calls'" in error.message


@check
def anthropic_makes_json_and_calls_the_tool_that_it_must():
    form = {"format": {"type": "json_schema", "schema": TRIP}}
    answer = message("a trip", extra_body={"output_config": form})
    assert json.loads(answer.content[0].text) == MADE
    tools = [{"name": "book", "input_schema": TRIP}]
    for choice in ({"type": "any"}, {"type": "tool", "name": "book"}):
        answer = message("a trip", tools=tools, tool_choice=choice)
        assert answer.stop_reason == "tool_use" and answer.content[0].input == MADE


@check
def anthropic_runs_tools_in_a_thread_of_the_server():
    from anthropic import beta_tool

    @beta_tool
    def weather(city: str) -> str:
        """Get the weather.

        Args:
            city: the city
        """
        return f"sunny in {city}"

    text = "call tool 'weather' with '{\"city\": \"Paris\"}'"
    runner = anthropic().beta.messages.tool_runner(
        model="claude-mock", max_tokens=100, tools=[weather], messages=[{"role": "user", "content": text}]
    )
    answers = list(runner)
    assert [answer.stop_reason for answer in answers] == ["tool_use", "end_turn"]
    assert "sunny in Paris" in answers[-1].content[0].text


@check
def gemini_makes_json_and_calls_the_tool_that_it_must():
    client, types = gemini()
    for schema in ({"response_schema": trip()}, {"response_json_schema": TRIP}):
        config = types.GenerateContentConfig(response_mime_type="application/json", **schema)
        answer = client.models.generate_content(model="gemini-2.5-flash", contents="a trip", config=config)
        assert json.loads(answer.text) == MADE
    config = gemini_tools(types)
    calling = types.FunctionCallingConfig(mode="ANY", allowed_function_names=["clock"])
    config.tool_config = types.ToolConfig(function_calling_config=calling)
    answer = client.models.generate_content(model="gemini-2.5-flash", contents="Hi", config=config)
    assert [call.name for call in answer.function_calls] == ["clock"]


@check
def ollama_makes_json():
    messages = [{"role": "user", "content": "a trip"}]
    answer = ollama().chat(model="llama3.2", messages=messages, format=TRIP)
    assert json.loads(answer.message.content) == MADE
    answer = ollama().chat(model="llama3.2", messages=messages, format="json")
    assert json.loads(answer.message.content) == {}


@check
def cohere_makes_json_and_calls_the_tool_that_it_must():
    messages = [{"role": "user", "content": "a trip"}]
    form = {"type": "json_object", "schema": TRIP}
    answer = cohere().chat(model="command-a-03-2025", messages=messages, response_format=form)
    assert json.loads(answer.message.content[0].text) == MADE
    tools = [{"type": "function", "function": {"name": "book", "parameters": TRIP}}]
    answer = cohere().chat(
        model="command-a-03-2025", messages=messages, tools=tools, tool_choice="REQUIRED"
    )
    assert answer.finish_reason == "TOOL_CALL"
    assert json.loads(answer.message.tool_calls[0].function.arguments) == MADE


@check
def bedrock_calls_the_tool_that_it_must():
    model = "anthropic.claude-sonnet-4-5-20250929-v1:0"
    messages = [{"role": "user", "content": [{"text": "a trip"}]}]
    tools = [{"toolSpec": {"name": "book", "inputSchema": {"json": TRIP}}}]
    for choice in ({"any": {}}, {"tool": {"name": "book"}}):
        config = {"tools": tools, "toolChoice": choice}
        answer = bedrock().converse(modelId=model, messages=messages, toolConfig=config)
        assert answer["stopReason"] == "tool_use"
        assert answer["output"]["message"]["content"][0]["toolUse"]["input"] == MADE
# --- Limits and stored objects


TEN = "one two three four five six seven eight nine ten"


@check
def openai_ends_at_limits_and_reports_them():
    answer = chat(TEN, max_completion_tokens=3, logprobs=True, top_logprobs=2)
    choice = answer.choices[0]
    assert (choice.message.content, choice.finish_reason) == ("one two three", "length")
    assert answer.usage.completion_tokens == 3
    assert [len(token.top_logprobs) for token in choice.logprobs.content] == [2, 2, 2]
    assert chat(TEN, stop="four").choices[0].message.content == "one two three "
    response = openai().responses.create(model="gpt-5", input=TEN, max_output_tokens=3)
    assert (response.status, response.incomplete_details.reason) == ("incomplete", "max_output_tokens")
    raw = openai().chat.completions.with_raw_response.create(
        model="gpt-4o", messages=[{"role": "user", "content": "Hello!"}]
    )
    assert int(raw.headers["x-ratelimit-remaining-requests"]) > 0
    assert int(raw.headers["openai-processing-ms"]) >= 0


@check
def openai_stores_responses_and_conversations():
    client = openai()
    first = client.responses.create(model="gpt-5", input="Hello!")
    assert client.responses.retrieve(first.id).output_text == "Hello!"
    second = client.responses.create(model="gpt-5", input="Again!", previous_response_id=first.id)
    assert len(list(client.responses.input_items.list(second.id))) == 3
    client.responses.delete(first.id)
    raises(__import__("openai").NotFoundError, lambda: client.responses.retrieve(first.id))
    background = client.responses.create(model="gpt-5", input="Hello!", background=True)
    assert background.status == "queued"
    looks = [client.responses.retrieve(background.id).status for _ in range(2)]
    assert looks == ["in_progress", "completed"]
    reasoned = client.responses.create(
        model="gpt-5", input="Hello!", reasoning={"effort": "low", "summary": "auto"}
    )
    assert [item.type for item in reasoned.output] == ["reasoning", "message"]
    conversation = client.conversations.create(metadata={"topic": "demo"})
    client.responses.create(model="gpt-5", input="Hello!", conversation=conversation.id)
    assert len(list(client.conversations.items.list(conversation.id))) == 2
    assert client.responses.input_tokens.count(model="gpt-5", input=TEN).input_tokens == 12


@check
def openai_stores_files_and_runs_batches():
    client = openai()
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello!"}]}
    line = {"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": body}
    file = client.files.create(file=("in.jsonl", json.dumps(line).encode()), purpose="batch")
    assert client.files.content(file.id).read() == json.dumps(line).encode()
    batch = client.batches.create(
        input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h"
    )
    while batch.status not in ("completed", "failed"):
        batch = client.batches.retrieve(batch.id)
    output = json.loads(client.files.content(batch.output_file_id).text)
    assert output["response"]["body"]["choices"][0]["message"]["content"] == "Hello!"
    image = client.images.generate(model="gpt-image-1", prompt="a cat")
    assert image.data[0].b64_json.startswith("iVBOR")
    speech = client.audio.speech.create(
        model="tts-1", voice="alloy", input="Hello!", response_format="wav"
    )
    assert speech.read().startswith(b"RIFF")
    text = client.audio.transcriptions.create(model="whisper-1", file=("a.wav", b"RIFF"))
    assert text.text


@check
def anthropic_ends_at_limits_thinks_and_stores():
    answer = message(TEN, max_tokens=3)
    assert (answer.content[0].text, answer.stop_reason) == ("one two three", "max_tokens")
    answer = message(TEN, max_tokens=100, stop_sequences=["four"])
    assert (answer.stop_reason, answer.stop_sequence) == ("stop_sequence", "four")
    thinking = {"type": "enabled", "budget_tokens": 1024}
    answer = message("Hello!", max_tokens=4000, thinking=thinking)
    assert [block.type for block in answer.content] == ["thinking", "text"]
    client = anthropic()
    params = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hello!"}]}
    batch = client.messages.batches.create(requests=[{"custom_id": "a", "params": params}])
    while batch.processing_status != "ended":
        batch = client.messages.batches.retrieve(batch.id)
    results = list(client.messages.batches.results(batch.id))
    assert results[0].result.message.content[0].text == "Hello!"


@check
def gemini_ends_at_limits_and_stores():
    import io

    client, types = gemini()
    config = types.GenerateContentConfig(max_output_tokens=3)
    answer = client.models.generate_content(model="gemini-2.5-flash", contents=TEN, config=config)
    assert answer.text == "one two three"
    assert answer.candidates[0].finish_reason == types.FinishReason.MAX_TOKENS
    thoughts = types.ThinkingConfig(include_thoughts=True)
    config = types.GenerateContentConfig(thinking_config=thoughts)
    answer = client.models.generate_content(model="gemini-2.5-flash", contents="Hello!", config=config)
    assert [bool(part.thought) for part in answer.candidates[0].content.parts] == [True, False]
    file = client.files.upload(file=io.BytesIO(b"Hello!"), config={"mime_type": "text/plain"})
    assert client.files.get(name=file.name).size_bytes == 6
    client.files.delete(name=file.name)
    cache = client.caches.create(
        model="gemini-2.5-flash", config=types.CreateCachedContentConfig(contents=TEN, ttl="60s")
    )
    assert client.caches.get(name=cache.name).usage_metadata.total_token_count == 12
    requests = [{"contents": [{"role": "user", "parts": [{"text": "Hello!"}]}]}]
    batch = client.batches.create(model="gemini-2.5-flash", src=requests)
    for _ in range(2):
        batch = client.batches.get(name=batch.name)
    assert batch.state.name == "JOB_STATE_SUCCEEDED", batch.state
    assert batch.dest.inlined_responses[0].response.text == "Hello!"


@check
def gemini_interactions_are_continued():
    client, _ = gemini()
    first = client.interactions.create(model="gemini-3-flash-preview", input="Hello!")
    assert first.status == "completed"
    second = client.interactions.create(
        model="gemini-3-flash-preview", input="Again!", previous_interaction_id=first.id
    )
    assert client.interactions.get(second.id).id == second.id
    events = client.interactions.create(model="gemini-3-flash-preview", input="Hello!", stream=True)
    kinds = [event.event_type for event in events]
    assert kinds[0] == "interaction.created" and kinds[-1] == "interaction.completed", kinds


@check
def mistral_embeds_and_lists_models():
    try:
        from mistralai.client import Mistral
    except ImportError:
        from mistralai import Mistral
    client = Mistral(api_key="any", server_url=URL)
    assert len(client.embeddings.create(model="mistral-embed", inputs=["Hello!"]).data) == 1
    assert client.models.list().data[0].capabilities.completion_chat
    answer = client.chat.complete(model="mistral-small-latest", messages=[{"role": "user", "content": TEN}], max_tokens=3)
    assert answer.choices[0].finish_reason == "length"


@check
def cohere_lists_models_and_embeds_in_every_type():
    client = cohere()
    assert client.models.list().models[0].name
    answer = client.embed(
        model="embed-v4.0", texts=["Hello!"], input_type="search_query", embedding_types=["int8", "ubinary"]
    )
    assert len(answer.embeddings.int8[0]) == 1536
    short = client.chat(model="m", messages=[{"role": "user", "content": TEN}], max_tokens=3)
    assert short.finish_reason == "MAX_TOKENS"


@check
def ollama_lists_pulls_and_ends_at_limits():
    client = ollama()
    assert any(model.model == "llama3.2:latest" for model in client.list().models)
    assert client.pull("anything").status == "success"
    messages = [{"role": "user", "content": TEN}]
    answer = client.chat(model="m", messages=messages, options={"num_predict": 3}, think=True)
    assert answer.done_reason == "length" and answer.message.thinking


# --- WebSockets

SECURE = os.environ["MOCK_SECURE_URL"]
RECORDER = os.environ["MOCK_RECORDER_URL"]


def trusting(name):
    """Lets the clients that are made from now on trust one of the servers."""
    os.environ["SSL_CERT_FILE"] = os.environ[f"MOCK_{name}_CERTIFICATE"]


def realtime(url, key, text, tools=()):
    """What a session says to a message, and the calls that it makes."""
    said, calls = "", []
    with openai(url, key).realtime.connect(model="gpt-realtime") as connection:
        session = {"type": "realtime", "output_modalities": ["text"], "tools": list(tools)}
        connection.session.update(session=session)
        content = [{"type": "input_text", "text": text}]
        connection.conversation.item.create(item={"type": "message", "role": "user", "content": content})
        connection.response.create()
        for event in connection:
            assert event.type != "error", event
            if event.type == "response.output_text.delta":
                said += event.delta
            if event.type == "response.done":
                assert event.response.status == "completed", event
                calls += [item for item in event.response.output if item.type == "function_call"]
                return said, [(call.name, json.loads(call.arguments)) for call in calls]


def responses(url, key, *turns):
    """The texts of responses on one socket, each turn behind the one before."""
    texts, previous = [], None
    with openai(url, key).responses.connect() as connection:
        for turn in turns:
            connection.response.create(model="gpt-5", input=turn, store=False, previous_response_id=previous)
            for event in connection:
                assert event.type != "error", event
                if event.type == "response.completed":
                    previous = event.response.id
                    texts.append(event.response.output_text)
                    break
    return texts


def live(url, key, *turns):
    """The texts of a Live session, and the calls that it makes."""
    import asyncio

    from google import genai

    async def talk():
        client = genai.Client(api_key=key, http_options={"base_url": url})
        declaration = {"name": "weather", "parameters": {"type": "OBJECT", "properties": {}}}
        config = {"response_modalities": ["TEXT"], "tools": [{"function_declarations": [declaration]}]}
        said, calls = [], []
        async with client.aio.live.connect(model="gemini-live", config=config) as session:
            for turn in turns:
                await session.send_client_content(turns={"role": "user", "parts": [{"text": turn}]}, turn_complete=True)
                text = ""
                async for message in session.receive():
                    text += message.text or ""
                    if message.tool_call:
                        calls += [(call.name, call.args) for call in message.tool_call.function_calls]
                        results = [
                            {"id": call.id, "name": call.name, "response": {"result": "sunny"}}
                            for call in message.tool_call.function_calls
                        ]
                        await session.send_tool_response(function_responses=results)
                said.append(text)
        return said, calls

    return asyncio.run(talk())


@check
def openai_talks_over_realtime():
    assert realtime(URL, "any", "Hello!") == ("Hello!", [])
    tools = [{"type": "function", "name": "weather", "parameters": SCHEMA}]
    assert realtime(URL, "any", CALL, tools) == ("", [("weather", ARGUMENTS)])


@check
def openai_opens_responses_over_a_websocket():
    assert responses(URL, "any", "one", "two") == ["one", "two"]


@check
def gemini_talks_over_live():
    trusting("SECURE")
    said, calls = live(SECURE, "any", "Hello!", CALL)
    assert said[0] == "Hello!" and "sunny" in said[1], said
    assert calls == [("weather", ARGUMENTS)], calls


@check
def openai_sockets_replay_from_a_recording():
    trusting("RECORDER")
    for talk in (lambda key: realtime(RECORDER, key, "Hello!"), lambda key: responses(RECORDER, key, "one", "two")):
        # Another key is another session, which begins with what is recorded.
        assert talk("first") == talk("second")
    assert replayed("/v1/realtime") and replayed("/v1/responses")


@check
def gemini_sockets_replay_from_a_recording():
    trusting("RECORDER")
    assert live(RECORDER, "first", "Hello!", CALL) == live(RECORDER, "second", "Hello!", CALL)
    assert replayed("/ws/")


def replayed(path):
    """Whether the last handshake at a path was answered by a recording."""
    import ssl
    import urllib.request

    context = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
    with urllib.request.urlopen(f"{RECORDER}/history?method=WEBSOCKET&path={path}", context=context) as answer:
        requests = json.load(answer)["requests"]
    return requests[-1]["answered_by"] == "FixtureStrategy"


def main():
    passed = failed = 0
    for function in checks:
        try:
            function()
        except ModuleNotFoundError as missing:
            print(f"SKIPPED: python {function.__name__}: there is no {missing.name}")
        except Exception:
            failed += 1
            print(f"FAILED python {function.__name__}")
            traceback.print_exc()
        else:
            passed += 1
            print(f"ok python {function.__name__}")
    print(f"python: {passed} passed, {failed} failed, {len(checks) - passed - failed} skipped")
    sys.exit(1 if failed else 0)


main()
