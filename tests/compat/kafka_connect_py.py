"""The walk through kafka-connect-py, shared by its two versions: 1.0.0 adds `stop` to the library, not to the program."""

import json
import os

from kafka_connect import KafkaConnect
from kafka_connect.cli import cli as program

from steps import DATA, NAME, URL, broken, cli, gone, only_mine, settle, sink, source, step, write, written

SOURCE, SINKS, BROKEN = f"{NAME}-source", f"{NAME}-sink", f"{NAME}-broken"
MINE = f"{NAME}-.*"


def main():
    library(KafkaConnect(url=URL))
    commands()


def library(client):
    step("get_cluster_info", client.get_cluster_info)
    step("list_connector_plugins", client.list_connector_plugins)
    step("list_connectors, none", lambda: only_mine(client.list_connectors()))
    step("validate_connector_config", client.validate_connector_config, "FileStreamSourceConnector", source(SOURCE))
    step("validate_connector_config, wrong", client.validate_connector_config, "FileStreamSinkConnector",
         {"connector.class": "FileStreamSink", "tasks.max": "none", "topics": ""})
    step("validate_connector_config, no class", client.validate_connector_config, f"{NAME}.Nothing", {})
    step("create_connector", client.create_connector, {"name": SOURCE, "config": source(SOURCE)})
    settle(SOURCE)
    step("create_connector, again", client.create_connector, {"name": SOURCE, "config": source(SOURCE)})
    step("create_connector, invalid", client.create_connector, {"name": BROKEN, "config": {"connector.class": f"{NAME}.No"}})
    step("update_connector, new", client.update_connector, SINKS, sink(SINKS, SOURCE))
    settle(SINKS)
    written(SINKS)
    step("update_connector", client.update_connector, SINKS, sink(SINKS, SOURCE, **{"errors.tolerance": "all"}))
    settle(SINKS)
    step("update_connector, invalid", client.update_connector, SINKS,
         {"connector.class": "FileStreamSink", "file": "data/out"})
    step("create_connector, failing", client.create_connector, {"name": BROKEN, "config": broken(BROKEN)})
    settle(BROKEN, tasks=["FAILED"])
    step("list_connectors", lambda: only_mine(client.list_connectors()))
    step("list_connectors, pattern", client.list_connectors, pattern=f"{NAME}-so.*")
    step("list_connectors, state", lambda: sorted(client.list_connectors(pattern=MINE, state="running")))
    for what in ("status", "info"):
        step(f"list_connectors, {what}", client.list_connectors, expand=what, pattern=MINE)
    step("list_connectors, status of a state", client.list_connectors, expand="status", pattern=MINE, state="PAUSED")
    for call in (client.get_connector, client.get_connector_config, client.get_connector_status,
                 client.list_connector_tasks, client.list_connector_topics):
        step(call.__name__, call, SOURCE)
        step(f"{call.__name__}, unknown", call, f"{NAME}-nobody")
    step("get_connector_status, failed", client.get_connector_status, BROKEN)
    step("get_connector_task_status", client.get_connector_task_status, SOURCE, 0)
    step("get_connector_task_status, failed", client.get_connector_task_status, BROKEN, 0)
    step("get_connector_task_status, unknown", client.get_connector_task_status, SOURCE, 7)
    step("reset_connector_topics", client.reset_connector_topics, SINKS)
    step("reset_connector_topics, unknown", client.reset_connector_topics, f"{NAME}-nobody")
    step("restart_connector", client.restart_connector, SOURCE)
    settle(SOURCE)
    step("restart_connector, with tasks", restart, client, SOURCE, include_tasks=True)
    settle(SOURCE)
    step("restart_connector, only failed", restart, client, BROKEN, include_tasks=True, only_failed=True)
    settle(BROKEN, tasks=["FAILED"])
    step("restart_connector, unknown", client.restart_connector, f"{NAME}-nobody", include_tasks=True)
    step("restart_connector_task", client.restart_connector_task, SOURCE, 0)
    settle(SOURCE)
    step("restart_connector_task, unknown connector", client.restart_connector_task, f"{NAME}-nobody", 0)
    step("restart_all_connectors", client.restart_all_connectors, pattern=f"{NAME}-s.*", include_tasks=True)
    settle(SOURCE)
    settle(SINKS)
    step("pause_connector", client.pause_connector, SOURCE)
    settle(SOURCE, "PAUSED", ["PAUSED"])
    step("list_connectors, paused", client.list_connectors, pattern=MINE, state="PAUSED")
    step("pause_connector, unknown", client.pause_connector, f"{NAME}-nobody")
    step("resume_connector", client.resume_connector, SOURCE)
    settle(SOURCE)
    step("resume_connector, unknown", client.resume_connector, f"{NAME}-nobody")
    step("pause_all_connectors", client.pause_all_connectors, pattern=f"{NAME}-s.*", state="RUNNING")
    settle(SOURCE, "PAUSED", ["PAUSED"])
    settle(SINKS, "PAUSED", ["PAUSED"])
    step("resume_all_connectors", client.resume_all_connectors, pattern=f"{NAME}-s.*")
    settle(SOURCE)
    settle(SINKS)
    if hasattr(client, "stop_connector"):
        step("stop_connector", client.stop_connector, SOURCE)
        settle(SOURCE, "STOPPED", [])
        step("get_connector_status, stopped", client.get_connector_status, SOURCE)
        step("stop_connector, unknown", client.stop_connector, f"{NAME}-nobody")
        step("stop_all_connectors", client.stop_all_connectors, pattern=MINE)
        settle(SINKS, "STOPPED", [])
        settle(BROKEN, "STOPPED", [])
    step("restart_connector_task, unknown", client.restart_connector_task, BROKEN, 7)
    step("delete_connector", client.delete_connector, BROKEN)
    gone(BROKEN)
    step("delete_connector, unknown", client.delete_connector, BROKEN)
    step("delete_all_connectors", client.delete_all_connectors, pattern=MINE)
    gone(SOURCE)
    gone(SINKS)


def restart(client, connector, **how):
    """The states in the answer are those of a moment: RESTARTING or already on."""
    answer = client.restart_connector(connector, **how)
    for each in (answer["connector"], *answer["tasks"]):
        each.pop("trace", None)
    return answer


def commands():
    def run(name, *args):
        cli(f"kc {name}", lambda: program(["--url", URL, *args]))

    # Other names: what standalone Kafka Connect knows of a connector's topics outlives the connector.
    source_name, sink_name = f"{NAME}-kc-source", f"{NAME}-kc-sink"
    file = os.path.join(DATA, f"{NAME}.json")
    write(f"{NAME}.json", json.dumps({"name": source_name, "config": source(source_name)}))
    run("info", "info")
    run("list-plugins", "list-plugins")
    run("validate-config", "validate-config", "FileStreamSourceConnector", "-d", json.dumps(source(source_name)))
    run("create", "create", "-f", file)
    settle(source_name)
    run("create, again", "create", "-f", file)
    run("update", "update", sink_name, "-d", json.dumps(sink(sink_name, source_name)))
    settle(sink_name)
    written(sink_name)
    run("list", "list", "-p", f"{NAME}-kc-so.*")
    run("list, status", "list", "-e", "status", "-p", MINE)
    run("list, info", "list", "-e", "info", "-p", MINE)
    for command in ("get", "config", "status", "list-tasks", "list-topics"):
        run(command, command, source_name)
        run(f"{command}, unknown", command, f"{NAME}-nobody")
    run("task-status", "task-status", source_name, "0")
    run("restart-task", "restart-task", source_name, "0")
    settle(source_name)
    run("reset-topics", "reset-topics", source_name)
    run("pause", "pause", source_name)
    settle(source_name, "PAUSED", ["PAUSED"])
    run("list, paused", "list", "-s", "paused", "-p", MINE)
    run("resume", "resume", source_name)
    settle(source_name)
    run("pause, all", "pause", "--all", "-p", MINE)
    settle(source_name, "PAUSED", ["PAUSED"])
    settle(sink_name, "PAUSED", ["PAUSED"])
    run("resume, all", "resume", "--all", "-p", MINE)
    settle(source_name)
    settle(sink_name)
    # `restart` shows the status right after, of a moment that is not to be known; its own call is a step above.
    run("restart, unknown", "restart", f"{NAME}-nobody")
    run("delete", "delete", source_name)
    gone(source_name)
    run("delete, unknown", "delete", source_name)
    run("delete, all", "delete", "--all", "-p", MINE)
    gone(sink_name)
