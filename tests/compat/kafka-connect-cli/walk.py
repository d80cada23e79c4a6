"""The walk through kafka-connect-cli, every command of the program."""

import json
import os

from kafka_connect.__main__ import main

from steps import DATA, NAME, URL, broken, cli, gone, settle, sink, source, step, write
import kafka_connect.kafka_connect as library

SOURCE, SINK, BROKEN, NOBODY = f"{NAME}-source", f"{NAME}-sink", f"{NAME}-broken", f"{NAME}-nobody"
MINE = f"{NAME}-.*"


def run(name, *args):
    cli(name, main, *args, "--url", URL)


def walk():
    file = os.path.join(DATA, f"{NAME}.json")
    write(f"{NAME}.json", json.dumps(source(SOURCE)))
    run("connector create", "connector", "create", "--name", SOURCE, "--configuration-file", file)
    settle(SOURCE)
    # It names connectors in the order in which Connect does, which is none: so while there is one.
    run("health-check", "health-check", "--verbose")
    run("connector create, again", "connector", "create", "--name", SOURCE, "--configuration-file", file)
    run("connector create, if not exists", "connector", "create", "--name", SOURCE, "--configuration-file", file,
        "--if-not-exists")
    run("connector create, inline", "connector", "create", "--name", SINK,
        "--configuration", json.dumps(sink(SINK, SOURCE)))
    settle(SINK)
    run("connector create, wrong", "connector", "create", "--name", NOBODY, "--configuration", "{}")
    run("connector create, failing", "connector", "create", "--name", BROKEN,
        "--configuration", json.dumps(broken(BROKEN)))
    settle(BROKEN, tasks=["FAILED"])
    run("health-check, failing", "health-check")
    step("connector list", lambda: sorted(library.list_connectors(URL), key=json.dumps))
    run("connector get", "connector", "get", "--name", SOURCE)
    run("connector get, failed", "connector", "get", "--name", BROKEN)
    run("connector get, unknown", "connector", "get", "--name", NOBODY)
    run("connector configuration", "connector", "configuration", "--name", SOURCE)
    run("connector configuration, unknown", "connector", "configuration", "--name", NOBODY)
    run("connector update", "connector", "update", "--name", SINK,
        "--configuration", json.dumps(sink(SINK, SOURCE, **{"errors.tolerance": "all"})))
    settle(SINK)
    run("connector update, wrong", "connector", "update", "--name", SINK,
        "--configuration", json.dumps({"connector.class": f"{NAME}.No"}))
    run("task list", "task", "list", "--connector", SOURCE)
    run("task list, unknown", "task", "list", "--connector", NOBODY)
    run("task restart", "task", "restart", "--connector", SOURCE, "--task", "0")
    settle(SOURCE)
    run("task restart, unknown", "task", "restart", "--connector", NOBODY, "--task", "0")
    # These put and post the JSON text `null`.
    run("connector restart", "connector", "restart", "--name", SOURCE)
    settle(SOURCE)
    run("connector restart, unknown", "connector", "restart", "--name", NOBODY)
    run("connector pause", "connector", "pause", "--name", SOURCE)
    settle(SOURCE, "PAUSED", ["PAUSED"])
    run("connector get, paused", "connector", "get", "--name", SOURCE)
    run("connector pause, unknown", "connector", "pause", "--name", NOBODY)
    run("connector resume", "connector", "resume", "--name", SOURCE)
    settle(SOURCE)
    run("connector resume, unknown", "connector", "resume", "--name", NOBODY)
    run("connector pause-all", "connector", "pause-all", "--name", MINE)
    for name in (SOURCE, SINK):
        settle(name, "PAUSED", ["PAUSED"])
    run("connector resume-all", "connector", "resume-all", "--name", MINE)
    for name in (SOURCE, SINK):
        settle(name)
    run("connector delete", "connector", "delete", "--name", BROKEN)
    gone(BROKEN)
    run("connector delete, unknown", "connector", "delete", "--name", BROKEN)
    run("connector delete-all", "connector", "delete-all", "--name", MINE)
    for name in (SOURCE, SINK):
        gone(name)
    run("connector list, none", "connector", "list")
    cli("health-check, nobody there", main, "health-check", "--verbose", "--url", "http://127.0.0.1:1")


walk()
