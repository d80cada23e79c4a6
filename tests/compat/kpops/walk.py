"""The walk through kpops' client of Kafka Connect, whose models refuse any field that they do not know, through the handler
on top of it, and through the program with a pipeline of connectors."""

import asyncio
import json
import os
import sys

from kpops.cli.main import app
from kpops.component_handlers.kafka_connect.kafka_connect_api import KafkaConnect
from kpops.component_handlers.kafka_connect.kafka_connect_handler import KafkaConnectHandler
from kpops.component_handlers.kafka_connect.model import ConnectorNewState, KafkaConnectorConfig
from kpops.config import KafkaConnectConfig

from steps import DATA, NAME, URL, broken, cli, gone, settle, sink, source, step, write

SOURCE, SINK, BROKEN, NOBODY = f"{NAME}-source", f"{NAME}-sink", f"{NAME}-broken", f"{NAME}-nobody"
CLASSLESS = f"{NAME}.Missing"


def config(name, options):
    return KafkaConnectorConfig.model_validate(options | {"name": name})


async def called(call, *args, **kwargs):
    """A call's result as it is shown: a model as its fields."""
    found = await call(*args, **kwargs)
    return found.model_dump(mode="json") if hasattr(found, "model_dump") else found


def main():
    # One loop for all calls: the client keeps its connections in it.
    loop = asyncio.new_event_loop()

    def run(name, call, *args, **kwargs):
        step(name, lambda: loop.run_until_complete(called(call, *args, **kwargs)))

    client = KafkaConnect(KafkaConnectConfig(url=URL))
    api(run, client)
    handler(run, KafkaConnectHandler(client))
    program()


def api(run, client):
    run("validate_connector_config", client.validate_connector_config, config(SOURCE, source(SOURCE)))
    wrong = {"connector.class": "org.apache.kafka.connect.file.FileStreamSinkConnector", "tasks.max": "many",
             "file": "data/out"}
    run("validate_connector_config, wrong", client.validate_connector_config, config(SINK, wrong))
    missing = config(SINK, {"connector.class": CLASSLESS})
    run("validate_connector_config, no such class", client.validate_connector_config, missing)
    run("create_connector", client.create_connector, config(SOURCE, source(SOURCE)))
    settle(SOURCE)
    # It takes any 409 for a rebalance and tries again without end, so nothing is created twice here.
    run("create_connector, wrong", client.create_connector, config(SINK, wrong))
    run("create_connector, no such class", client.create_connector, missing)
    run("create_connector, paused", client.create_connector, config(SINK, sink(SINK, SOURCE)), ConnectorNewState.PAUSED)
    settle(SINK, "PAUSED", [])
    run("create_connector, failing", client.create_connector, config(BROKEN, broken(BROKEN)), ConnectorNewState.RUNNING)
    settle(BROKEN, tasks=["FAILED"])
    for call in (client.get_connector, client.get_connector_status):
        run(call.__name__, call, SOURCE)
        run(f"{call.__name__}, sink", call, SINK)
        run(f"{call.__name__}, failed", call, BROKEN)
        run(f"{call.__name__}, unknown", call, NOBODY)
    run("resume_connector", client.resume_connector, SINK)
    settle(SINK)
    run("pause_connector", client.pause_connector, SINK)
    settle(SINK, "PAUSED", ["PAUSED"])
    more = config(SINK, sink(SINK, SOURCE, **{"errors.tolerance": "all"}))
    run("update_connector_config", client.update_connector_config, more)
    run("update_connector_config, wrong", client.update_connector_config, config(SINK, wrong))
    run("reset_offset, not stopped", client.reset_offset, SOURCE)
    run("stop_connector", client.stop_connector, SOURCE)
    settle(SOURCE, "STOPPED", [])
    run("get_connector, stopped", client.get_connector, SOURCE)
    run("get_connector_status, stopped", client.get_connector_status, SOURCE)
    run("reset_offset", client.reset_offset, SOURCE)
    for call in (client.pause_connector, client.resume_connector, client.stop_connector, client.reset_offset,
                 client.delete_connector):
        run(f"{call.__name__}, unknown", call, NOBODY)
    for connector in (SOURCE, SINK, BROKEN):
        run(f"delete_connector {connector}", client.delete_connector, connector)
        gone(connector)
    run("update_connector_config, new", client.update_connector_config, config(SOURCE, source(SOURCE)))
    settle(SOURCE)
    run("delete_connector, again", client.delete_connector, SOURCE)
    gone(SOURCE)


def handler(run, handler):
    mine = config(SOURCE, source(SOURCE))
    paused, running = ConnectorNewState.PAUSED, ConnectorNewState.RUNNING
    run("handler create, dry run", handler.create_connector, mine, state=None, dry_run=True)
    run("handler create", handler.create_connector, mine, state=None, dry_run=False)
    settle(SOURCE)
    run("handler create, exists", handler.create_connector, mine, state=None, dry_run=False)
    settle(SOURCE)
    run("handler create, exists, paused", handler.create_connector, mine, state=paused, dry_run=False)
    settle(SOURCE, "PAUSED", ["PAUSED"])
    run("handler create, exists, resumed", handler.create_connector, mine, state=running, dry_run=False)
    settle(SOURCE)
    run("handler reset", handler.reset_connector, mine, dry_run=False)
    settle(SOURCE, "STOPPED", [])
    run("handler destroy", handler.destroy_connector, SOURCE, dry_run=False)
    gone(SOURCE)
    run("handler destroy, unknown", handler.destroy_connector, SOURCE, dry_run=False)
    # Creates it paused, stops it, resets its offsets, deletes it.
    run("handler reset, unknown", handler.reset_connector, mine, dry_run=False)
    run("handler destroy, after reset", handler.destroy_connector, SOURCE, dry_run=False)
    gone(SOURCE)


def program():
    pipeline = [
        {"type": "kafka-source-connector", "name": SOURCE, "prefix": "", "config": source(SOURCE)},
        {"type": "kafka-sink-connector", "name": SINK, "prefix": "", "config": sink(SINK, SOURCE)},
    ]
    os.makedirs(os.path.join(DATA, "pipeline"), exist_ok=True)
    write("pipeline/pipeline.yaml", json.dumps(pipeline))
    write("config.yaml", json.dumps({"kafka_brokers": "127.0.0.1:1", "kafka_connect": {"url": URL}}))
    file = os.path.join(DATA, "pipeline", "pipeline.yaml")

    def kpops(command, *options):
        def main():
            try:
                app([command, file, "--config", DATA, *options])
            finally:
                # Its log lines have times, and the order of what runs side by side; what counts is how it ended.
                sys.stdout.seek(0), sys.stdout.truncate(), sys.stderr.seek(0), sys.stderr.truncate()

        cli(" ".join(["kpops", command, *options]), main)

    kpops("deploy", "--dry-run")
    kpops("deploy", "--execute")
    for connector in (SOURCE, SINK):
        settle(connector)
    kpops("deploy", "--execute", "--parallel")
    for connector in (SOURCE, SINK):
        settle(connector)
    kpops("reset", "--execute")
    kpops("clean", "--execute")
    kpops("destroy", "--execute")
    for connector in (SOURCE, SINK):
        gone(connector)


main()
