"""One `llmock serve` process."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from pathlib import Path

# Variables that clients read their base URL from, with its path below the server.
BASE_URLS = {
    "OPENAI_BASE_URL": "/openai/v1",
    "OPENAI_API_BASE": "/openai/v1",
    "ANTHROPIC_BASE_URL": "/anthropic",
    "GOOGLE_GEMINI_BASE_URL": "/gemini",
    "AZURE_OPENAI_ENDPOINT": "/azure",
    "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": "/bedrock",
    "OLLAMA_HOST": "/ollama",
    "CO_API_URL": "/cohere",
    "MISTRAL_BASE_URL": "/mistral/v1",
    "GROQ_BASE_URL": "/groq",
    "OPENROUTER_BASE_URL": "/openrouter/api/v1",
}

# Clients refuse to start without a key. A replay needs none.
KEYS = (
    "OPENAI_API_KEY",
    "ANTHROPIC_API_KEY",
    "GEMINI_API_KEY",
    "AZURE_OPENAI_API_KEY",
    "CO_API_KEY",
    "MISTRAL_API_KEY",
    "GROQ_API_KEY",
    "OPENROUTER_API_KEY",
)

# Variables for tests, which are none of the server's.
_OWN = ("LLMOCK_MODE", "LLMOCK_BIN")


def command() -> str:
    """The path of the command: `LLMOCK_BIN`, the one in this package, or `llmock` on the path."""
    own = Path(__file__).parent / "bin" / ("llmock.exe" if os.name == "nt" else "llmock")
    found = os.environ.get("LLMOCK_BIN") or (str(own) if own.is_file() else shutil.which("llmock"))
    if not found:
        raise RuntimeError(
            "the command `llmock` is not installed: run `cargo install llmock-cli`, or set LLMOCK_BIN to its path"
        )
    return found


class Server:
    """Serves one fixture. Start it with `Server(...)`, and end it with `stop()`."""

    def __init__(self, fixture: Path, record: bool = False):
        arguments = [command(), "serve", "--host", "127.0.0.1", "--port", "0", "--fixtures", str(fixture)]
        arguments.append("--record" if record else "--fail-on-miss")
        env = {name: value for name, value in os.environ.items() if name not in _OWN}
        self._process = subprocess.Popen(
            arguments, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
        )
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("llmock did not start: " + self._process.communicate()[1].strip())
        self.url: str = json.loads(line)["url"].rstrip("/")
        self._lines: list[str] = []
        self._readers = [
            threading.Thread(target=self._read, daemon=True),
            threading.Thread(target=self._process.stdout.read, daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def _read(self) -> None:
        for line in self._process.stderr:
            self._lines.append(line.rstrip("\n"))

    def base_url(self, provider: str = "openai") -> str:
        """The base URL for clients of a provider."""
        path = {"openai": "/openai/v1", "mistral": "/mistral/v1", "openrouter": "/openrouter/api/v1"}
        return self.url + path.get(provider, "/" + provider)

    def environment(self) -> dict[str, str]:
        """Variables that point clients to the server."""
        return {name: self.url + path for name, path in BASE_URLS.items()}

    def stop(self) -> tuple[bool, str]:
        """Stops the server. Returns whether every request had a response, and what the server printed."""
        if self._process.poll() is None:
            self._process.terminate()
        try:
            code = self._process.wait(timeout=40)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        for reader in self._readers:
            reader.join(timeout=5)
        self._process.stdout.close()
        self._process.stderr.close()
        return code == 0, "\n".join(self._lines)
