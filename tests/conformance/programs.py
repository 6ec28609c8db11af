"""Programs of the terminal against `llmock serve`. Each runs in a home of its own."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from cells import cell, explained, run

URL = os.environ["MOCK_URL"]
OPENAI = f"{URL}/v1"
KEY = "any"
HOME = pathlib.Path(tempfile.mkdtemp(prefix="llmock-programs-"))
WORK = HOME / "work"
WORK.mkdir()
TRIP = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 2}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
MADE = {"city": "city", "days": 2}
REFUSED = 'raise error {"code": 400, "message": "not today"}'
# What a shell makes of it shows that it ran. gemini-cli refuses substitutions.
ECHO = "printf sun%d 42"


def start(program, *arguments, stdin="", **variables):
    """The output of a program, and its exit code."""
    path = shutil.which(program)
    if path is None:
        raise ModuleNotFoundError(program, name=program)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(HOME),
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "OPENAI_API_KEY": KEY,
        "NO_PROXY": "127.0.0.1,localhost",
        **variables,
    }
    done = subprocess.run(
        [path, *arguments], input=stdin, cwd=WORK, env=environment, text=True, capture_output=True, timeout=80
    )
    return done


def says(done, *words):
    shown = done.stdout + done.stderr
    assert any(word in shown for word in words), f"exit code {done.returncode}: {shown[-3000:]}"


def call(tool, **arguments):
    return f"call tool '{tool}' with '{json.dumps(arguments)}'"


# --- codex

CODEX = HOME / "codex"
CODEX.mkdir()
(CODEX / "config.toml").write_text(
    f"""
model = "gpt-5"
model_provider = "llmock"
[model_providers.llmock]
name = "llmock"
base_url = "{OPENAI}"
env_key = "OPENAI_API_KEY"
wire_api = "responses"
request_max_retries = 0
stream_max_retries = 0
"""
)


def codex(prompt, *more):
    return start("codex", "exec", "--skip-git-repo-check", "--ephemeral", *more, prompt, CODEX_HOME=str(CODEX))


@cell("codex", "chat")
def _():
    assert codex("Hello!").stdout.strip() == "Hello!"


@cell("codex", "tools")
def _():
    # The command is harmless, and not every machine has its sandbox.
    says(codex(call("exec_command", cmd=ECHO), "--dangerously-bypass-approvals-and-sandbox"), "sun42")


@cell("codex", "structured")
def _():
    schema = HOME / "trip.json"
    schema.write_text(json.dumps(TRIP))
    assert json.loads(codex("a trip", "--output-schema", str(schema)).stdout) == MADE


@cell("codex", "errors")
def _():
    done = codex(REFUSED)
    assert done.returncode != 0
    says(done, "not today")


# --- opencode

(WORK / "opencode.json").write_text(
    json.dumps(
        {
            "provider": {
                "llmock": {
                    "npm": "@ai-sdk/openai-compatible",
                    "options": {"baseURL": OPENAI, "apiKey": KEY},
                    "models": {"gpt-4o": {"name": "gpt-4o"}},
                }
            }
        }
    )
)


def opencode(prompt):
    return start("opencode", "run", "-m", "llmock/gpt-4o", stdin=prompt)


@cell("opencode", "chat")
def _():
    says(opencode("Hello!"), "Hello!")


@cell("opencode", "tools")
def _():
    says(opencode(call("bash", command=ECHO, description="Adds.")), "sun42")


@cell("opencode", "errors")
def _():
    says(opencode(REFUSED), "not today")


explained("opencode", "it has no output of a schema", "structured")


# --- gemini-cli

GEMINI = HOME / ".gemini"
GEMINI.mkdir()
(GEMINI / "settings.json").write_text(
    json.dumps(
        {"security": {"auth": {"selectedType": "gemini-api-key"}}, "privacy": {"usageStatisticsEnabled": False}}
    )
)


def gemini(prompt, *more):
    variables = {"GEMINI_API_KEY": KEY, "GOOGLE_GEMINI_BASE_URL": URL}
    return start("gemini", "--skip-trust", *more, "-p", prompt, **variables)


@cell("gemini-cli", "chat")
def _():
    # Without `-m` it asks a model for JSON first, to choose the model.
    says(gemini("Hello!"), "Hello!")


@cell("gemini-cli", "tools")
def _():
    says(gemini(call("run_shell_command", command=ECHO), "-m", "gemini-2.5-flash", "-y"), "sun42")


@cell("gemini-cli", "errors")
def _():
    says(gemini(REFUSED, "-m", "gemini-2.5-flash"), "not today")


explained("gemini-cli", "its router uses it, which `chat` runs", "structured")


# --- aider


def aider(prompt):
    flags = "--no-git --yes-always --no-show-model-warnings --no-check-update --no-pretty --no-analytics".split()
    model = ("--model", "openai/gpt-4o", "--openai-api-base", OPENAI, "--openai-api-key", KEY)
    variables = {"LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    return start("aider", *flags, *model, "--message", prompt, **variables)


@cell("aider", "chat")
def _():
    says(aider("Hello from here!"), "Hello from here!")


@cell("aider", "errors")
def _():
    says(aider(REFUSED), "not today")


explained("aider", "it edits files by formats in its prompts", "tools", "structured")


# --- llm

LLM = HOME / "llm"
LLM.mkdir()
(LLM / "extra-openai-models.yaml").write_text(
    f"""
- model_id: mock
  model_name: gpt-4o
  api_base: {OPENAI}
  supports_schema: true
  supports_tools: true
"""
)


def llm(*arguments):
    return start("llm", *arguments, LLM_USER_PATH=str(LLM))


@cell("llm", "chat")
def _():
    assert llm("-m", "mock", "Hello!").stdout.strip() == "Hello!"


@cell("llm", "tools")
def _():
    source = "def weather(city: str) -> str:\n    return 'sunny in ' + city"
    says(llm("-m", "mock", "--functions", source, call("weather", city="Paris")), "sunny in Paris")


@cell("llm", "structured")
def _():
    done = llm("-m", "mock", "--schema", json.dumps(TRIP), "a trip")
    assert json.loads(done.stdout) == MADE, done


@cell("llm", "errors")
def _():
    done = llm("-m", "mock", REFUSED)
    assert done.returncode != 0
    says(done, "not today")


for _program in ("codex", "opencode", "gemini-cli", "aider", "llm"):
    explained(_program, "it streams what `chat` shows, or prints at the end", "stream")
    explained(_program, "no option of it forces a call", "forced")
    explained(_program, "it has none to test here", "embeddings")

try:
    run("programs", sys.argv[1:])
finally:
    shutil.rmtree(HOME, ignore_errors=True)
