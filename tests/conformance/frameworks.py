"""Frameworks of Python, and Mistral's client, against `llmock serve`: a cell for each thing that each can do."""

import asyncio
import os
import sys

from cells import cell, explained, package, run
from pydantic import BaseModel, Field

URL = os.environ["MOCK_URL"]
OPENAI = f"{URL}/v1"
KEY = "any"
for name in ("OPENAI", "ANTHROPIC", "GEMINI", "GOOGLE", "GROQ", "MISTRAL"):
    os.environ[f"{name}_API_KEY"] = KEY
os.environ.update(
    OPENAI_BASE_URL=OPENAI,
    OPENAI_API_BASE=OPENAI,
    ANTHROPIC_BASE_URL=URL,
    GOOGLE_GEMINI_BASE_URL=URL,
    LITELLM_LOCAL_MODEL_COST_MAP="True",
    OPENAI_AGENTS_DISABLE_TRACING="1",
    LANGSMITH_TRACING="false",
)
for _client, _module in {
    "mistralai": "mistralai",
    "langchain": "langchain",
    "langgraph": "langgraph",
    "llama-index": "llama_index",
    "pydantic-ai": "pydantic_ai",
    "instructor": "instructor",
    "openai-agents": "agents",
    "litellm": "litellm",
    "smolagents": "smolagents",
    "dspy": "dspy",
}.items():
    package(_client, _module)
# A tool that calls back, and words that make the mock call it.
CALL = """call tool 'weather' with '{"city": "Paris"}'"""
SLOW = 'raise error {"code": 429, "message": "slow down"}'


class Trip(BaseModel):
    """A schema that no prompt here fits."""

    city: str
    days: int = Field(ge=2)


def weather(city: str) -> str:
    """The weather in a city."""
    return f"sunny in {city}"


def is_trip(trip):
    assert isinstance(trip, Trip) and trip.days >= 2, trip


def raises(function, *words):
    try:
        function()
    except Exception as error:
        shown = f"{type(error).__name__}: {error}"
        assert any(word in shown for word in words), shown
        return
    raise AssertionError("it did not fail")


# --- mistralai


def mistral():
    try:
        from mistralai.client import Mistral
    except ImportError:
        from mistralai import Mistral
    return Mistral(api_key=KEY, server_url=URL)


def mistral_chat(text, **more):
    messages = text if isinstance(text, list) else [{"role": "user", "content": text}]
    return mistral().chat.complete(model="mistral-small-latest", messages=messages, **more)


MISTRAL_TOOLS = [
    {"type": "function", "function": {"name": "weather", "parameters": {
        "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}
]


@cell("mistralai", "chat")
def _():
    assert mistral_chat("Hello!").choices[0].message.content == "Hello!"


@cell("mistralai", "stream")
def _():
    messages = [{"role": "user", "content": "one two three"}]
    with mistral().chat.stream(model="mistral-small-latest", messages=messages) as events:
        text = "".join(event.data.choices[0].delta.content or "" for event in events)
    assert text == "one two three", text


@cell("mistralai", "tools")
def _():
    first = mistral_chat(CALL, tools=MISTRAL_TOOLS).choices[0]
    assert first.finish_reason == "tool_calls"
    call = first.message.tool_calls[0]
    result = {"role": "tool", "tool_call_id": call.id, "name": "weather", "content": "sunny"}
    history = [{"role": "user", "content": CALL}, first.message, result]
    assert "sunny" in mistral_chat(history, tools=MISTRAL_TOOLS).choices[0].message.content


@cell("mistralai", "structured")
def _():
    messages = [{"role": "user", "content": "a trip"}]
    answer = mistral().chat.parse(model="mistral-small-latest", messages=messages, response_format=Trip)
    is_trip(answer.choices[0].message.parsed)


@cell("mistralai", "forced")
def _():
    for choice in ("any", "required", {"type": "function", "function": {"name": "weather"}}):
        answer = mistral_chat("Hi", tools=MISTRAL_TOOLS, tool_choice=choice)
        assert answer.choices[0].message.tool_calls[0].function.name == "weather"


@cell("mistralai", "embeddings")
def _():
    assert len(mistral().embeddings.create(model="mistral-embed", inputs=["a", "b"]).data) == 2


@cell("mistralai", "errors")
def _():
    raises(lambda: mistral_chat(SLOW), "429")


# --- LangChain and LangGraph


def langchain_model(**more):
    from langchain_openai import ChatOpenAI

    return ChatOpenAI(model="gpt-4o", base_url=OPENAI, api_key=KEY, max_retries=0, **more)


def text_of(message):
    """The text, also where the content is a list of blocks."""
    return message.text if isinstance(message.text, str) else message.text()


def langchain_cells(client, model, limit_error):
    @cell(client, "chat")
    def _():
        assert text_of(model().invoke("Hello!")) == "Hello!"

    @cell(client, "stream")
    def _():
        text = "".join(text_of(chunk) for chunk in model().stream("one two three"))
        assert text == "one two three", text

    @cell(client, "tools")
    def _():
        from langchain.agents import create_agent

        agent = create_agent(model(), [weather])
        messages = agent.invoke({"messages": [("user", CALL)]})["messages"]
        assert "sunny" in text_of(messages[-1])

    @cell(client, "structured")
    def _():
        is_trip(model().with_structured_output(Trip).invoke("a trip"))
        is_trip(model().with_structured_output(Trip, method="json_schema").invoke("a trip"))

    @cell(client, "forced")
    def _():
        answer = model().bind_tools([weather], tool_choice="any").invoke("Hi")
        assert answer.tool_calls[0]["name"] == "weather", answer

    @cell(client, "errors")
    def _():
        raises(lambda: model().invoke(SLOW), limit_error)


langchain_cells("langchain-openai", langchain_model, "RateLimitError")
langchain_cells("langchain-responses", lambda: langchain_model(use_responses_api=True), "RateLimitError")


def langchain_anthropic():
    from langchain_anthropic import ChatAnthropic

    return ChatAnthropic(model="claude-sonnet-4-5", base_url=URL, api_key=KEY, max_retries=0)


def langchain_google():
    from langchain_google_genai import ChatGoogleGenerativeAI

    return ChatGoogleGenerativeAI(
        model="gemini-2.5-flash", google_api_key=KEY, base_url=URL, max_retries=1, vertexai=False
    )


langchain_cells("langchain-anthropic", langchain_anthropic, "RateLimitError")
langchain_cells("langchain-google", langchain_google, "429")
explained("langchain-responses", "tested with langchain-openai", "embeddings")
explained("langchain-anthropic", "Anthropic has none", "embeddings")
explained("langchain-google", "tested with google-genai, which it uses", "embeddings")


@cell("langchain-openai", "embeddings")
def _():
    from langchain_openai import OpenAIEmbeddings

    # Otherwise it fetches a tokenizer.
    embeddings = OpenAIEmbeddings(
        model="text-embedding-3-small", base_url=OPENAI, api_key=KEY, check_embedding_ctx_length=False
    )
    assert len(embeddings.embed_documents(["a", "b"])) == 2


def graph(tools=(), **more):
    from langchain.agents import create_agent

    return create_agent(langchain_model(), list(tools), **more)


@cell("langgraph", "chat")
def _():
    from langgraph.graph import END, START, MessagesState, StateGraph

    def node(state):
        return {"messages": [langchain_model().invoke(state["messages"])]}

    builder = StateGraph(MessagesState)
    builder.add_node("model", node)
    builder.add_edge(START, "model")
    builder.add_edge("model", END)
    done = builder.compile().invoke({"messages": [("user", "Hello!")]})
    assert done["messages"][-1].content == "Hello!"


@cell("langgraph", "stream")
def _():
    parts = graph().stream({"messages": [("user", "one two three")]}, stream_mode="messages")
    text = "".join(part[0].content for part in parts)
    assert text.startswith("one two three"), text


@cell("langgraph", "tools")
def _():
    both = f"{CALL}\n{CALL}"
    messages = graph([weather]).invoke({"messages": [("user", both)]})["messages"]
    assert [message.type for message in messages] == ["human", "ai", "tool", "tool", "ai"], messages
    assert "sunny" in messages[-1].content


@cell("langgraph", "structured")
def _():
    from langchain.agents.structured_output import ProviderStrategy, ToolStrategy

    for strategy in (ToolStrategy(Trip), ProviderStrategy(Trip)):
        done = graph(response_format=strategy).invoke({"messages": [("user", "a trip")]})
        is_trip(done["structured_response"])


explained("langgraph", "LangChain's models have it", "forced", "embeddings", "errors")


# --- LlamaIndex


def llama(**more):
    from llama_index.llms.openai import OpenAI

    return OpenAI(model="gpt-4o", api_base=OPENAI, api_key=KEY, max_retries=0, **more)


@cell("llama-index", "chat")
def _():
    assert llama().complete("Hello!").text == "Hello!"


@cell("llama-index", "stream")
def _():
    text = "".join(part.delta or "" for part in llama().stream_complete("one two three"))
    assert text == "one two three", text


@cell("llama-index", "tools")
def _():
    from llama_index.core.agent.workflow import FunctionAgent

    async def talk():
        return str(await FunctionAgent(tools=[weather], llm=llama()).run(CALL))

    assert "sunny" in asyncio.run(talk())


@cell("llama-index", "structured")
def _():
    is_trip(llama().as_structured_llm(Trip).complete("a trip").raw)


@cell("llama-index", "forced")
def _():
    from llama_index.core.tools import FunctionTool

    model = llama()
    answer = model.chat_with_tools([FunctionTool.from_defaults(weather)], "Hi", tool_required=True)
    assert model.get_tool_calls_from_response(answer)[0].tool_name == "weather"


@cell("llama-index", "embeddings")
def _():
    from llama_index.embeddings.openai import OpenAIEmbedding

    assert OpenAIEmbedding(api_base=OPENAI, api_key=KEY, max_retries=0).get_text_embedding("Hello!")


@cell("llama-index", "errors")
def _():
    raises(lambda: llama().complete(SLOW), "RateLimitError", "slow down")


# --- pydantic-ai


def pydantic_openai():
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    return OpenAIChatModel("gpt-4o", provider=OpenAIProvider(base_url=OPENAI, api_key=KEY))


def pydantic_responses():
    from pydantic_ai.models.openai import OpenAIResponsesModel
    from pydantic_ai.providers.openai import OpenAIProvider

    return OpenAIResponsesModel("gpt-5", provider=OpenAIProvider(base_url=OPENAI, api_key=KEY))


def pydantic_anthropic():
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider

    return AnthropicModel("claude-sonnet-4-5", provider=AnthropicProvider(base_url=URL, api_key=KEY))


def pydantic_google():
    from pydantic_ai.models.google import GoogleModel
    from pydantic_ai.providers.google import GoogleProvider

    return GoogleModel("gemini-2.5-flash", provider=GoogleProvider(base_url=URL, api_key=KEY))


def pydantic_cells(client, model):
    def agent(**more):
        from pydantic_ai import Agent

        return Agent(model(), retries=0, **more)

    @cell(client, "chat")
    def _():
        assert agent().run_sync("Hello!").output == "Hello!"

    @cell(client, "stream")
    def _():
        async def talk():
            async with agent().run_stream("one two three") as streamed:
                return "".join([part async for part in streamed.stream_text(delta=True)])

        assert asyncio.run(talk()) == "one two three"

    @cell(client, "tools")
    def _():
        assert "sunny" in agent(tools=[weather]).run_sync(CALL).output

    @cell(client, "structured")
    def _():
        from pydantic_ai import NativeOutput

        is_trip(agent(output_type=NativeOutput(Trip)).run_sync("a trip").output)

    @cell(client, "forced")
    def _():
        is_trip(agent(output_type=Trip).run_sync("a trip").output)
        is_trip(agent(output_type=Trip, tools=[weather]).run_sync("a trip").output)

    @cell(client, "errors")
    def _():
        raises(lambda: agent().run_sync(SLOW), "429")

    explained(client, "tested with the clients that it uses", "embeddings")


pydantic_cells("pydantic-ai", pydantic_openai)
pydantic_cells("pydantic-ai-responses", pydantic_responses)
pydantic_cells("pydantic-ai-anthropic", pydantic_anthropic)
pydantic_cells("pydantic-ai-google", pydantic_google)


# --- instructor


def instructed(mode="TOOLS"):
    import instructor
    import openai

    client = openai.OpenAI(base_url=OPENAI, api_key=KEY, max_retries=0)
    return instructor.from_openai(client, mode=instructor.Mode[mode])


def instruct(client, text="a trip", **more):
    messages = [{"role": "user", "content": text}]
    return client.chat.completions.create(
        model="gpt-4o", messages=messages, response_model=Trip, max_retries=0, **more
    )


@cell("instructor", "stream")
def _():
    messages = [{"role": "user", "content": "a trip"}]
    parts = instructed().chat.completions.create_partial(
        model="gpt-4o", messages=messages, response_model=Trip, max_retries=0
    )
    last = list(parts)[-1]
    assert last.days >= 2, last


@cell("instructor", "structured")
def _():
    is_trip(instruct(instructed("JSON_SCHEMA")))


@cell("instructor", "forced")
def _():
    is_trip(instruct(instructed()))


@cell("instructor", "errors")
def _():
    raises(lambda: instruct(instructed(), SLOW), "RateLimitError", "slow down")


explained("instructor", "every response of its is structured", "chat", "tools", "embeddings")


# --- openai-agents


def agents_model(kind):
    import agents
    from openai import AsyncOpenAI

    client = AsyncOpenAI(base_url=OPENAI, api_key=KEY, max_retries=0)
    model = getattr(agents, kind)
    return model(model="gpt-5", openai_client=client)


def agents_cells(client, kind):
    def agent(**more):
        from agents import Agent

        return Agent(name="a", model=agents_model(kind), **more)

    def ask(agent, text):
        from agents import Runner

        return Runner.run_sync(agent, text, max_turns=5).final_output

    def tools():
        from agents import function_tool

        return [function_tool(weather)]

    @cell(client, "chat")
    def _():
        assert ask(agent(), "Hello!") == "Hello!"

    @cell(client, "stream")
    def _():
        from agents import Runner

        async def talk():
            streamed, text = Runner.run_streamed(agent(), "one two three"), ""
            async for event in streamed.stream_events():
                if event.type == "raw_response_event" and event.data.type == "response.output_text.delta":
                    text += event.data.delta
            return text

        assert asyncio.run(talk()) == "one two three"

    @cell(client, "tools")
    def _():
        assert "sunny" in ask(agent(tools=tools()), CALL)

    @cell(client, "structured")
    def _():
        is_trip(ask(agent(output_type=Trip), "a trip"))

    @cell(client, "forced")
    def _():
        from agents import ModelSettings

        settings = ModelSettings(tool_choice="required")
        assert "sunny" in ask(agent(tools=tools(), model_settings=settings), "Hi")

    @cell(client, "errors")
    def _():
        raises(lambda: ask(agent(), SLOW), "RateLimitError")

    explained(client, "it has none", "embeddings")


agents_cells("openai-agents", "OpenAIResponsesModel")
agents_cells("openai-agents-chat", "OpenAIChatCompletionsModel")


# --- litellm


LITELLM = {
    "litellm": {"model": "openai/gpt-4o", "api_base": OPENAI},
    "litellm-anthropic": {"model": "anthropic/claude-sonnet-4-5", "api_base": URL},
    "litellm-gemini": {
        "model": "gemini/gemini-2.5-flash",
        "api_base": f"{URL}/v1beta",
    },
    "litellm-groq": {"model": "groq/llama-3.3-70b-versatile", "api_base": f"{URL}/groq/openai/v1"},
}


def litellm_cells(client, target):
    def ask(text, **more):
        import litellm

        messages = text if isinstance(text, list) else [{"role": "user", "content": text}]
        return litellm.completion(messages=messages, api_key=KEY, num_retries=0, max_retries=0, **target, **more)

    @cell(client, "chat")
    def _():
        assert ask("Hello!").choices[0].message.content == "Hello!"

    @cell(client, "stream")
    def _():
        text = "".join(chunk.choices[0].delta.content or "" for chunk in ask("one two three", stream=True))
        assert text == "one two three", text

    @cell(client, "tools")
    def _():
        first = ask(CALL, tools=MISTRAL_TOOLS).choices[0].message
        call = first.tool_calls[0]
        result = {"role": "tool", "tool_call_id": call.id, "name": "weather", "content": "sunny"}
        history = [{"role": "user", "content": CALL}, first.model_dump(), result]
        assert "sunny" in ask(history, tools=MISTRAL_TOOLS).choices[0].message.content

    @cell(client, "structured")
    def _():
        is_trip(Trip.model_validate_json(ask("a trip", response_format=Trip).choices[0].message.content))

    @cell(client, "forced")
    def _():
        answer = ask("Hi", tools=MISTRAL_TOOLS, tool_choice="required")
        assert answer.choices[0].message.tool_calls[0].function.name == "weather"

    @cell(client, "errors")
    def _():
        raises(lambda: ask(SLOW), "RateLimitError")


for _name, _target in LITELLM.items():
    litellm_cells(_name, _target)
    if _name != "litellm":
        explained(_name, "tested with litellm on OpenAI's API", "embeddings")


@cell("litellm", "embeddings")
def _():
    import litellm

    model = "openai/text-embedding-3-small"
    assert len(litellm.embedding(model=model, input=["a", "b"], api_base=OPENAI, api_key=KEY).data) == 2


# --- smolagents


def smol():
    from smolagents import OpenAIModel

    # By default it waits a minute before it tries again.
    once = {"max_retries": 0}
    return OpenAIModel(model_id="gpt-4o", api_base=OPENAI, api_key=KEY, client_kwargs=once, retry=False)


def smol_agent():
    from smolagents import ToolCallingAgent, tool

    @tool
    def weather(city: str) -> str:
        """The weather in a city.

        Args:
            city: The city.
        """
        return f"sunny in {city}"

    return ToolCallingAgent(tools=[weather], model=smol(), max_steps=5)


def smol_messages(text):
    from smolagents import ChatMessage, MessageRole

    return [ChatMessage(role=MessageRole.USER, content=[{"type": "text", "text": text}])]


@cell("smolagents", "chat")
def _():
    assert smol().generate(smol_messages("Hello!")).content == "Hello!"


@cell("smolagents", "stream")
def _():
    parts = smol().generate_stream(smol_messages("one two three"))
    assert "".join(part.content or "" for part in parts) == "one two three"


@cell("smolagents", "forced")
def _():
    # Its agents force a call at each step; the loop ends with the tool `final_answer`.
    agent = smol_agent()
    assert agent.run("What is the weather?") is not None
    calls = [call.name for step in agent.memory.steps for call in getattr(step, "tool_calls", None) or []]
    assert calls == ["weather", "final_answer"], calls


@cell("smolagents", "errors")
def _():
    raises(lambda: smol().generate(smol_messages(SLOW)), "RateLimitError", "slow down")


explained("smolagents", "its agents force every call", "tools")
explained("smolagents", "it has none", "structured", "embeddings")


# --- dspy


def dspy_model():
    import dspy

    model = dspy.LM("openai/gpt-4o", api_base=OPENAI, api_key=KEY, cache=False, num_retries=0)
    dspy.configure(lm=model)
    return dspy, model


@cell("dspy", "chat")
def _():
    _, model = dspy_model()
    answer = model("Hello!")[0]
    assert (answer if isinstance(answer, str) else answer["text"]) == "Hello!"


@cell("dspy", "tools")
def _():
    dspy, model = dspy_model()

    class Question(dspy.Signature):
        question: str = dspy.InputField()
        tools: list[dspy.Tool] = dspy.InputField()
        calls: dspy.ToolCalls = dspy.OutputField()

    # Not `dspy.ReAct`: its format is in the prompt alone.
    adapter = dspy.ChatAdapter(use_native_function_calling=True)
    with dspy.context(lm=model, adapter=adapter):
        done = dspy.Predict(Question)(question=CALL, tools=[dspy.Tool(weather)])
    assert [call.name for call in done.calls.tool_calls] == ["weather"], done


@cell("dspy", "structured")
def _():
    dspy, _ = dspy_model()
    assert dspy.Predict("question -> answer: int")(question="How many?").answer is not None
    thought = dspy.ChainOfThought("question -> answer: str")(question="Who?")
    assert thought.reasoning and thought.answer


@cell("dspy", "embeddings")
def _():
    import dspy

    embedder = dspy.Embedder("openai/text-embedding-3-small", api_base=OPENAI, api_key=KEY, caching=False)
    assert len(embedder(["a", "b"])) == 2


@cell("dspy", "errors")
def _():
    _, model = dspy_model()
    raises(lambda: model(SLOW), "RateLimit", "slow down")


explained("dspy", "it streams what it parses, by the client of litellm, which is tested", "stream")
explained("dspy", "its agents choose tools by a schema", "forced")

run("python", sys.argv[1:])
