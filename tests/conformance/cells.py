"""Cells of a table of clients: what each must be able to do with `llmock serve`, and why it does not where it does not."""

import importlib.util
import signal
import sys
import traceback

COLUMNS = ("chat", "stream", "tools", "structured", "forced", "embeddings", "errors")
# Nothing here takes longer, unless it hangs. The first cell of a framework loads it, which takes a minute and more on a busy machine.
PATIENCE = 300

_cells = {}
_explained = {}
_modules = {}


def cell(client, column):
    """A function that raises if the client cannot do it."""

    def add(function):
        assert column in COLUMNS, column
        _cells[client, column] = function
        return function

    return add


def explained(client, why, *columns):
    """Cells that a client does not have, and why."""
    for column in columns:
        assert column in COLUMNS, column
        _explained[client, column] = why


def package(client, module):
    """The module of a client, which tells whether it is installed."""
    _modules[client] = module


def _is_installed(client):
    names = [name for name in _modules if client == name or client.startswith(f"{name}-")]
    return any(importlib.util.find_spec(_modules[name]) for name in names)


def _outcome(client, column, function):
    signal.alarm(PATIENCE)
    try:
        function()
        return "ok"
    except ModuleNotFoundError as missing:
        print(f"SKIPPED: {client} {column}: there is no {missing.name}")
        return "skipped"
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        print(f"FAILED {client} {column}")
        traceback.print_exc()
        return "FAILED"
    finally:
        signal.alarm(0)


def run(language, only):
    """Runs the cells of the named clients, or all, prints the table, and exits.

    With `--installed` those of clients that are not installed are left out without a word.
    """
    only = list(only)
    has_all = "--installed" not in only
    only = [client for client in only if client != "--installed"]

    def late(*_):
        raise TimeoutError(f"no result after {PATIENCE} s")

    signal.signal(signal.SIGALRM, late)
    clients = []
    for client, _ in list(_cells) + list(_explained):
        is_wanted = (not only or client in only) and (has_all or _is_installed(client))
        if client not in clients and is_wanted:
            clients.append(client)
    counts = {"ok": 0, "FAILED": 0, "skipped": 0}
    rows = []
    for client in clients:
        row = []
        for column in COLUMNS:
            function = _cells.get((client, column))
            if function is None:
                assert (client, column) in _explained, f"{client} {column} is neither tested nor explained"
                row.append("-")
                continue
            outcome = _outcome(client, column, function)
            counts[outcome] += 1
            row.append(outcome)
            if outcome == "ok":
                print(f"ok {language} {client} {column}", flush=True)
        rows.append((client, row))
    print()
    print(f"{language:<22}" + "".join(f"{column:<12}" for column in COLUMNS))
    for client, row in rows:
        print(f"{client:<22}" + "".join(f"{one:<12}" for one in row))
    for client, _ in rows:
        whys = {}
        for column in COLUMNS:
            if (client, column) in _explained:
                whys.setdefault(_explained[client, column], []).append(column)
        for why, columns in whys.items():
            print(f"- {client} {', '.join(columns)}: {why}")
    print(f"{language}: {counts['ok']} passed, {counts['FAILED']} failed, {counts['skipped']} skipped")
    sys.stdout.flush()
    sys.exit(1 if counts["FAILED"] else 0)
