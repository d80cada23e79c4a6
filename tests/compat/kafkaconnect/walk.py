"""The walk through kafkaconnect (LSST SQuaRE): every command of the program but --auto-update and --show-status, which
never end, and the discovery of topics, which asks the broker, not Connect."""

import json
import os

from kafkaconnect.cli import main
from kafkaconnect.connect import Connect

from steps import DATA, NAME, URL, cli, gone, only_mine, settle, sink, source, step, write, written

SOURCE, SINK, NOBODY = f"{NAME}-source", f"{NAME}-sink", f"{NAME}-nobody"


def run(name, *args):
    cli(name, lambda: main(["--connect", URL, *args]))


def file(name, config):
    write(name, json.dumps(config))
    return os.path.join(DATA, name)


def walk():
    mine, other = file(f"{SOURCE}.json", source(SOURCE)), file(f"{SINK}.json", sink(SINK, SOURCE))
    wrong = file(f"{NOBODY}.json", {"connector.class": "FileStreamSink", "tasks.max": "0", "file": "data/out"})
    missing = file(f"{NAME}-missing.json", {"connector.class": f"{NAME}.Missing"})
    run("upload, dry run", "upload", mine, "--name", SOURCE, "--dry-run")
    run("upload", "upload", mine, "--name", SOURCE)
    settle(SOURCE)
    run("upload, wrong", "upload", wrong, "--name", NOBODY)
    run("upload, no such class", "upload", missing, "--name", NOBODY)
    # The commands for a kind of connector differ from `upload` by what they put into its configuration.
    run("create jdbc-sink", "create", "jdbc-sink", other, "--name", SINK)
    settle(SINK)
    run("create s3-sink", "create", "s3-sink", other, "--name", SINK, "--aws-access-key-id", "key",
        "--aws-secret-access-key", "secret")
    settle(SINK)
    run("create s3-sink, dry run", "create", "s3-sink", other, "--name", SINK, "--aws-access-key-id", "key",
        "--aws-secret-access-key", "secret", "--dry-run")
    run("create influxdb-sink", "create", "influxdb-sink", SOURCE, "--name", NOBODY)
    run("create influxdb-sink, validate", "create", "influxdb-sink", SOURCE, "--name", NOBODY, "--validate")
    run("create mirrormaker2", "create", "mirrormaker2", "--name", f"{NAME}-mm", "--heartbeat", other,
        "--checkpoint", other, "--mirror-source", mine)
    for each in ("heartbeat", "checkpoint", "mirror-source"):
        settle(f"{NAME}-mm-{each}")
    written(SINK)
    client = Connect(URL)
    step("list", lambda: only_mine(json.loads(client.list())))
    for command in ("info", "status", "config", "tasks", "topics"):
        run(command, command, SOURCE)
        run(f"{command}, unknown", command, NOBODY)
    run("plugins", "plugins")
    run("restart", "restart", SOURCE)
    settle(SOURCE)
    run("pause", "pause", SOURCE)
    settle(SOURCE, "PAUSED", ["PAUSED"])
    run("resume", "resume", SOURCE)
    settle(SOURCE)
    for command in ("restart", "pause", "resume", "delete"):
        run(f"{command}, unknown", command, NOBODY)
    for name in (SOURCE, SINK, f"{NAME}-mm-heartbeat", f"{NAME}-mm-checkpoint", f"{NAME}-mm-mirror-source"):
        run(f"delete {name}", "delete", name)
        gone(name)
    run("list, none", "list")
    cli("list, nobody there", lambda: main(["--connect", "http://127.0.0.1:1", "list"]))


walk()
