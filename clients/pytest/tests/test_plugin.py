"""The plugin, run by pytest on small suites of its own. Needs the command: LLMOCK_BIN, or `llmock` on the path."""

import json
import textwrap

import pytest

pytest_plugins = ["pytester"]

FIXTURE = {
    "llmock": 1,
    "interactions": [
        {
            "provider": "openai",
            "request": {
                "path": "/v1/chat/completions",
                "body": {"model": "m", "messages": [{"role": "user", "content": "hi"}]},
            },
            "response": {"headers": {"content-type": "application/json"}, "body": {"said": "hello"}},
        }
    ],
}

SUITE = """
    import json, os, urllib.error, urllib.request
    import pytest

    def chat(prompt):
        body = {"model": "m", "messages": [{"role": "user", "content": prompt}]}
        request = urllib.request.Request(
            os.environ["OPENAI_BASE_URL"] + "/chat/completions",
            json.dumps(body).encode(),
            {"content-type": "application/json", "authorization": "Bearer " + os.environ["OPENAI_API_KEY"]},
        )
        try:
            with urllib.request.urlopen(request) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            return {"status": error.code}
"""


@pytest.fixture
def suite(pytester, monkeypatch):
    for name in ("CI", "LLMOCK_MODE", "OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    folder = pytester.mkdir("fixtures")
    (folder / "greeting.json").write_text(json.dumps(FIXTURE))

    def make(tests):
        pytester.makepyfile(textwrap.dedent(SUITE) + textwrap.dedent(tests))
        return pytester

    return make


def test_replays_each_test_from_the_beginning(suite):
    ran = suite(
        """
        @pytest.mark.llm_replay(fixture="greeting")
        def test_one():
            assert chat("hi") == {"said": "hello"}

        @pytest.mark.llm_replay(fixture="fixtures/greeting.json")
        def test_two(llmock):
            assert chat("hi") == {"said": "hello"}
            assert llmock.base_url("openai") == os.environ["OPENAI_BASE_URL"]

        def test_without_mark():
            assert "OPENAI_BASE_URL" not in os.environ
        """
    ).runpytest_subprocess("-q")
    ran.assert_outcomes(passed=3)


def test_a_miss_fails_the_test_even_if_the_program_handles_it(suite):
    ran = suite(
        """
        @pytest.mark.llm_replay(fixture="greeting")
        def test_other_prompt():
            assert chat("bye")["status"] == 418
        """
    ).runpytest_subprocess("-q")
    ran.assert_outcomes(passed=1, errors=1)
    ran.stdout.fnmatch_lines(["*llmock had no response for a request of this test*"])


def test_records_what_a_passing_test_received(suite, monkeypatch):
    import http.server
    import threading

    class Upstream(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["content-length"]))
            body = b'{"said":"new"}'
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    upstream = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    tests = suite(
        """
        @pytest.mark.llm_replay(fixture="greeting")
        def test_records():
            assert chat("changed") == {"said": "new"}

        @pytest.mark.llm_replay(fixture="failed")
        def test_fails():
            chat("changed")
            assert False
        """
    )
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{upstream.server_port}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    monkeypatch.setenv("LLMOCK_MODE", "record")
    tests.runpytest_subprocess("-q").assert_outcomes(passed=1, failed=1)
    upstream.shutdown()
    recorded = json.loads((tests.path / "fixtures/greeting.json").read_text())
    assert [one["response"]["body"] for one in recorded["interactions"]] == [{"said": "new"}]
    assert sorted(path.name for path in (tests.path / "fixtures").iterdir()) == ["greeting.json"]
    monkeypatch.delenv("LLMOCK_MODE")
    tests.runpytest_subprocess("-q", "-k", "not fails").assert_outcomes(passed=1)


def test_what_is_missing_or_misspelt_is_named(suite, monkeypatch):
    tests = suite(
        """
        @pytest.mark.llm_replay(fixture="none")
        def test_none():
            pass

        @pytest.mark.llm_replay(fixtures="greeting")
        def test_misspelt():
            pass
        """
    )
    ran = tests.runpytest_subprocess("-q")
    ran.assert_outcomes(errors=2)
    ran.stdout.fnmatch_lines(["*there is no fixture *none.json: run `LLMOCK_MODE=record pytest *test_none`*"])
    ran.stdout.fnmatch_lines(["*unknown argument of llm_replay: fixtures*"])
    monkeypatch.setenv("LLMOCK_MODE", "rekord")
    ran = tests.runpytest_subprocess("-q")
    ran.stdout.fnmatch_lines(["*invalid mode 'rekord': expected replay, record, auto*"])
