"""The mark `llm_replay` and the fixture `llmock`."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from .server import KEYS, Server

MODES = ("replay", "record", "auto")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "llm_replay(fixture=None, mode=None): replay the responses of a language model from a fixture"
    )


def _mode(marked: str | None) -> str:
    # The variable wins, so that one command records what a mark replays.
    mode = os.environ.get("LLMOCK_MODE") or marked or "replay"
    if mode not in MODES:
        raise pytest.UsageError(f"invalid mode {mode!r}: expected {', '.join(MODES)}")
    return mode


def _path(request: pytest.FixtureRequest, name: str | None) -> Path:
    if name is None:
        name = re.sub(r"[^\w.-]+", "_", request.node.name).strip("_")
    here = Path(request.node.path).parent
    path = Path(name)
    if not path.is_absolute():
        # As with llm-mock: a bare name is in `fixtures` beside the test, a path is below the working directory.
        path = here / "fixtures" / path if len(path.parts) == 1 else Path.cwd() / path
    return path if path.name.endswith(".json") else path.with_name(path.name + ".json")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    outcome = yield
    if call.when == "call":
        item.stash[_PASSED] = outcome.get_result().passed


_PASSED = pytest.StashKey[bool]()


@pytest.fixture(autouse=True)
def _llmock_of_mark(request: pytest.FixtureRequest):
    if request.node.get_closest_marker("llm_replay"):
        request.getfixturevalue("llmock")
    yield


@pytest.fixture
def llmock(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch):
    """A server of the test's own: `llmock.base_url("openai")`. Variables point clients to it."""
    mark = request.node.get_closest_marker("llm_replay")
    arguments = dict(mark.kwargs) if mark else {}
    name = arguments.pop("fixture", mark.args[0] if mark and mark.args else None)
    mode = _mode(arguments.pop("mode", None))
    if arguments:
        raise pytest.UsageError(f"unknown argument of llm_replay: {', '.join(sorted(arguments))}")
    path = _path(request, name)
    if mode == "replay" and not path.is_file():
        pytest.fail(f"there is no fixture {path}: run `LLMOCK_MODE=record pytest {request.node.nodeid}`", pytrace=False)
    # A recording replaces the fixture only if the test passes.
    target = path.with_name(path.stem + ".recording.json") if mode == "record" else path
    if mode == "record":
        path.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
    server = Server(target, record=mode != "replay")
    for variable, value in server.environment().items():
        monkeypatch.setenv(variable, value)
    if mode == "replay":
        for variable in KEYS:
            if variable not in os.environ:
                monkeypatch.setenv(variable, "llmock-placeholder")
    yield server
    complete, printed = server.stop()
    if mode == "record":
        if request.node.stash.get(_PASSED, False) and target.is_file():
            target.replace(path)
        else:
            target.unlink(missing_ok=True)
    if not complete:
        pytest.fail(f"llmock had no response for a request of this test:\n{printed}", pytrace=False)
