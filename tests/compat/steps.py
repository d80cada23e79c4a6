"""What every walk in Python shares: running a step and printing what came of it, and waiting for a state.

A walk is told where to go by its environment: CONNECT_URL, the base URL; WALK_NAME, a name that nobody else uses, with
which the names of its connectors, topics and files begin; WALK_DATA, the directory that the worker knows as `data`.
Nothing here judges: the steps are compared with a recording by the test that runs the walk.
"""

import contextlib
import io
import json
import os
import sys
import time
import urllib.error
import urllib.request

URL = os.environ["CONNECT_URL"].rstrip("/")
NAME = os.environ["WALK_NAME"]
DATA = os.environ["WALK_DATA"]

# Steps alone go to standard output: whatever a client prints or logs there goes where its errors go.
STEPS = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

SOURCE = "org.apache.kafka.connect.file.FileStreamSourceConnector"
SINK = "org.apache.kafka.connect.file.FileStreamSinkConnector"


def step(name, call, *args, **kwargs):
    """Runs a call of the client and prints one line: the step's name, and what came back or how it failed."""
    line = {"step": name}
    try:
        line |= {"outcome": "ok", "result": call(*args, **kwargs)}
    except Exception as error:  # Whatever a client throws is what its user would see.
        line |= {"outcome": "error", "error": f"{type(error).__name__}: {error}"}
    print(json.dumps(line), file=STEPS, flush=True)


def cli(name, main, *args):
    """Runs the function behind a client's console script with these arguments, as the script would."""
    step(name, _cli, main, [str(arg) for arg in args])


def _cli(main, args):
    out, err = io.StringIO(), io.StringIO()
    argv, sys.argv = sys.argv, [main.__name__, *args]
    hook = sys.excepthook
    code = 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main()
            except SystemExit as end:
                code = end.code
            except Exception:
                # What the interpreter does with it, by way of the hook that a client may have set.
                code = 1
                sys.excepthook(*sys.exc_info())
    finally:
        sys.argv, sys.excepthook = argv, hook
    result = {"exit": code or 0, "out": _read(out.getvalue())}
    if err.getvalue():
        result["err"] = err.getvalue().splitlines()[-1]
    return result


def _read(text):
    """What a program printed: JSON if it is that; else its lines, and the JSON that they may end with."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if line[:1] in ("{", "[") or len(lines) == 1:
            try:
                found = json.loads("\n".join(lines[number:]))
                return [*lines[:number], found] if number else found
            except ValueError:
                pass
    return lines


def settle(connector, state="RUNNING", tasks=("RUNNING",)):
    """Waits until a connector and its tasks are in these states. No step: it does not go through the client."""

    def settled():
        status = get(f"/connectors/{connector}/status")
        now = status and (status["connector"]["state"], tuple(task["state"] for task in status["tasks"]))
        return now == (state, tuple(tasks)), now

    _wait(f"{connector} to be {state} {list(tasks)}", settled)


def gone(connector):
    """Waits until a connector is no more."""
    _wait(f"{connector} to be gone", lambda: ((found := get(f"/connectors/{connector}/status")) is None, found))


def written(sink):
    """Waits until both lines of a source are in this sink's file, so that they have been through the topic."""

    def read():
        path = os.path.join(DATA, f"{sink}.out")
        text = open(path).read() if os.path.exists(path) else ""
        return text.startswith("one\ntwo\n"), text

    _wait(f"both lines in {sink}.out", read)


def _wait(what, ask):
    deadline = time.monotonic() + 60
    while not (answer := ask())[0]:
        if time.monotonic() > deadline:
            sys.exit(f"waited 60 s for {what}: {answer[1]}")
        time.sleep(0.05)


def get(path):
    """A GET behind the client's back; `None` where there is nothing, or not yet."""
    try:
        with urllib.request.urlopen(URL + path, timeout=30) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        if error.code in (404, 409):
            return None
        raise


def write(name, text):
    """Writes a file into the worker's `data`."""
    with open(os.path.join(DATA, name), "w") as file:
        file.write(text)


def source(name, **more):
    """The configuration of a file source that reads `data/NAME.in` into the topic NAME."""
    write(f"{name}.in", "one\ntwo\n")
    config = {"connector.class": SOURCE, "tasks.max": "1", "file": f"data/{name}.in", "topic": name}
    return config | more


def sink(name, topic, **more):
    """The configuration of a file sink that writes a topic to `data/NAME.out`."""
    return {"connector.class": SINK, "tasks.max": "1", "file": f"data/{name}.out", "topics": topic} | more


def broken(name):
    """The configuration of a file source whose task fails when it starts: its file is a directory."""
    os.makedirs(os.path.join(DATA, name), exist_ok=True)
    return {"connector.class": SINK, "tasks.max": "1", "file": f"data/{name}", "topics": f"{name}-topic"}


def only_mine(names):
    """Those connectors that are this walk's, in order: Connect lists them in none."""
    return sorted(name for name in names if name.startswith(NAME))
