"""The walk through the Connect client of dagster-kafka: the client, its program, its resource, its asset, its sensor."""

import json
import os

from dagster import build_sensor_context, materialize
from dagster_kafka.connect import ConfluentConnectResource, create_connector_asset, create_connector_health_monitoring
from dagster_kafka.connect.cli import main as program
from dagster_kafka.connect.client import ConfluentConnectClient

from steps import DATA, NAME, URL, broken, cli, gone, only_mine, settle, sink, source, step, write, written

SOURCE, SINK, BROKEN, NOBODY = f"{NAME}-source", f"{NAME}-sink", f"{NAME}-broken", f"{NAME}-nobody"


def main():
    client(ConfluentConnectClient(base_url=URL))
    commands()
    within_dagster()


def client(client):
    step("get_connector_plugins", client.get_connector_plugins)
    # It wraps the configuration in `config`, which Connect does not take for one.
    step("validate_config", client.validate_config, "FileStreamSource", {"name": SOURCE} | source(SOURCE))
    step("create_connector", client.create_connector, {"name": SOURCE, "config": source(SOURCE)})
    settle(SOURCE)
    step("create_connector, flat", client.create_connector, {"name": SINK} | sink(SINK, SOURCE))
    settle(SINK)
    written(SINK)
    step("create_connector, no name", client.create_connector, source(SOURCE))
    step("create_connector, again", client.create_connector, {"name": SOURCE, "config": source(SOURCE)})
    step("create_connector, wrong", client.create_connector, {"name": NOBODY, "config": {"connector.class": ""}})
    step("create_connector, failing", client.create_connector, {"name": BROKEN, "config": broken(BROKEN)})
    settle(BROKEN, tasks=["FAILED"])
    step("list_connectors", lambda: only_mine(client.list_connectors()))
    for call in (client.get_connector_info, client.get_connector_config, client.get_connector_status,
                 client.get_connector_tasks, client.get_connector_topics):
        step(call.__name__, call, SOURCE)
        step(f"{call.__name__}, unknown", call, NOBODY)
    step("update_connector_config", client.update_connector_config, SINK,
         sink(SINK, SOURCE, **{"errors.tolerance": "all"}))
    settle(SINK)
    step("update_connector_config, another name", client.update_connector_config, SINK,
         {"name": SOURCE} | sink(SINK, SOURCE))
    step("restart_task", client.restart_task, SOURCE, 0)
    settle(SOURCE)
    step("restart_connector", client.restart_connector, SOURCE)
    settle(SOURCE)
    step("pause_connector", client.pause_connector, SOURCE)
    settle(SOURCE, "PAUSED", ["PAUSED"])
    step("resume_connector", client.resume_connector, SOURCE)
    settle(SOURCE)
    step("restart_task, unknown", client.restart_task, NOBODY, 0)
    for call in (client.restart_connector, client.pause_connector, client.resume_connector, client.delete_connector):
        step(f"{call.__name__}, unknown", call, NOBODY)
    step("delete_connector", client.delete_connector, SINK)
    gone(SINK)


def commands():
    """Of the program: it waits two seconds after what takes effect later, which is its own."""

    def run(name, *args):
        cli(f"connect-cli {name}", program, "--url", URL, *args)

    write("sink.json", json.dumps({"name": SINK, "config": sink(SINK, SOURCE)}))
    write("update.json", json.dumps(sink(SINK, SOURCE, **{"tasks.max": "2"})))
    run("create", "create", os.path.join(DATA, "sink.json"))
    settle(SINK)
    run("create, again", "create", os.path.join(DATA, "sink.json"))
    run("update", "update", SINK, os.path.join(DATA, "update.json"))
    settle(SINK, tasks=["RUNNING", "RUNNING"])
    run("plugins", "plugins")
    for command in ("get", "status"):
        run(command, command, SOURCE)
        run(f"{command}, unknown", command, NOBODY)
    run("restart", "restart", SOURCE)
    settle(SOURCE)
    run("pause", "pause", SOURCE)
    run("resume", "resume", SOURCE)
    settle(SOURCE)
    run("delete", "delete", SOURCE)
    gone(SOURCE)
    run("delete, unknown", "delete", SOURCE)
    run("delete, the other", "delete", SINK)
    gone(SINK)
    # All that is left on a worker of its own: order does not matter.
    run("list", "list")


def within_dagster():
    def resource():
        return ConfluentConnectResource(connect_url=URL)

    def asset(**changed):
        config = {"name": SOURCE, "connector_class": source(SOURCE)["connector.class"],
                  "config": {"tasks.max": "1", "topic": SOURCE, "file": f"data/{SOURCE}.in"} | changed}
        done = materialize([create_connector_asset()], resources={"connect": resource()},
                           run_config={"ops": {"connector_asset": {"config": config}}})
        # The status is that of the moment after: only what does not depend on it.
        found = done.output_for_node("connector_asset")
        return {key: found[key] for key in ("name", "worker_id", "type")}

    step("asset, created", asset)
    settle(SOURCE)
    step("asset, unchanged", asset)
    step("asset, changed", asset, **{"batch.size": "100"})
    settle(SOURCE)

    def sensor():
        job, sensor = create_connector_health_monitoring([SOURCE, BROKEN, NOBODY])
        found = sensor(build_sensor_context(resources={"connect": resource().setup_for_execution(None)}))
        return found.run_config if hasattr(found, "run_config") else repr(found)

    step("sensor", sensor)
    client = ConfluentConnectClient(base_url=URL)
    for connector in (SOURCE, BROKEN):
        step(f"delete_connector {connector}", client.delete_connector, connector)
        gone(connector)


main()
