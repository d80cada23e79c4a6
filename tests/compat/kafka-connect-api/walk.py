"""The walk through kafka_connect_api: its objects, and its handlers for AWS Lambda, which sleep five seconds once."""

from urllib.parse import urlsplit

from kafka_connect_api import aws_lambdas
from kafka_connect_api.kafka_connect_api import Api, Cluster, Connector

from steps import NAME, URL, broken, gone, only_mine, settle, sink, source, step, written

SOURCE, SINK, BROKEN, NOBODY = f"{NAME}-source", f"{NAME}-sink", f"{NAME}-broken", f"{NAME}-nobody"


def main():
    host = urlsplit(URL)
    api = Api(hostname=host.hostname, port=host.port)
    cluster = Cluster(api)
    the_cluster(api, cluster)
    connectors(api, cluster)
    loggers(cluster)
    lambdas({"cluster": {"hostname": host.hostname, "port": host.port}})


def the_cluster(api, cluster):
    step("Api.url", lambda: repr(api))
    step("Cluster.get", cluster.get)
    step("Cluster.version", lambda: cluster.version)
    step("Cluster.connectors, none", lambda: only_mine(cluster.connectors))
    step("Api.get, plugins", api.get, "connector-plugins")
    step("Api.get, unknown path", api.get, "/nothing")
    step("Api.post, create", api.post, "/connectors", json={"name": BROKEN, "config": broken(BROKEN)})
    settle(BROKEN, tasks=["FAILED"])
    step("Api.post, create again", api.post, "/connectors", json={"name": BROKEN, "config": broken(BROKEN)})
    step("Api.put, validate", lambda: api.put("/connector-plugins/FileStreamSink/config/validate",
                                              json={"name": SINK} | sink(SINK, SOURCE))["error_count"])


def connectors(api, cluster):
    new, other, nobody = Connector(cluster, SOURCE), Connector(cluster, SINK), Connector(cluster, NOBODY)
    step("Connector.exists, not yet", new.exists)

    def configure(connector, config):
        connector.config = config

    step("Connector.config, created", configure, new, source(SOURCE))
    settle(SOURCE)
    step("Connector.config, created another", configure, other, sink(SINK, SOURCE))
    settle(SINK)
    step("Connector.config, changed", configure, other, sink(SINK, SOURCE, **{"errors.tolerance": "all"}))
    settle(SINK)
    step("Connector.config, wrong", configure, other, 
         {"connector.class": "FileStreamSink", "tasks.max": "-1", "file": "data/out"})
    step("Cluster.connectors", lambda: only_mine(cluster.connectors))
    step("Connector.config", lambda: new.config)
    step("Connector.connector_class", lambda: new.connector_class)
    # Asks for a path that ends with a slash.
    step("Connector.exists", new.exists)
    step("Connector.status", lambda: new.status)
    step("Connector.state", lambda: new.state)
    step("Connector.status, failed", lambda: Connector(cluster, BROKEN).status)
    step("Connector.tasks", lambda: [[repr(task), task.config] for task in new.tasks])
    for name in ("status", "state", "config", "tasks", "connector_class"):
        step(f"Connector.{name}, unknown", lambda: getattr(nobody, name))
    step("Task.status", lambda: new.tasks[0].status)
    step("Task.state", lambda: new.tasks[0].state)
    step("Task.is_running", lambda: new.tasks[0].is_running())
    step("Task.is_running, failed", lambda: Connector(cluster, BROKEN).tasks[0].is_running())
    step("Task.restart", lambda: new.tasks[0].restart())
    settle(SOURCE)
    step("Connector.restart", new.restart)
    settle(SOURCE)
    step("Connector.restart_all_tasks", new.restart_all_tasks)
    settle(SOURCE)
    step("Connector.pause", new.pause)
    settle(SOURCE, "PAUSED", ["PAUSED"])
    step("Connector.resume", new.resume)
    settle(SOURCE)
    step("Connector.cycle_connector", new.cycle_connector)
    settle(SOURCE)
    for name in ("pause", "resume", "restart_all_tasks", "cycle_connector", "delete"):
        step(f"Connector.{name}, unknown", lambda: getattr(nobody, name)())
    step("Connector.restart, unknown", nobody.restart)
    written(SINK)
    step("Api.get, topics", api.get, f"/connectors/{SOURCE}/topics")
    step("Connector.delete", other.delete)
    gone(SINK)
    step("Connector.delete, failed", Connector(cluster, BROKEN).delete)
    gone(BROKEN)
    step("Api.delete", api.delete, f"/connectors/{SOURCE}")
    gone(SOURCE)


def loggers(cluster):
    def set_root(level):
        cluster.root_logger = level

    def unknown_logger():
        try:
            cluster.set_logger_log_level("org.nobody", "DEBUG")
        except ValueError as error:
            raise ValueError(*error.args[:2]) from error

    step("Cluster.loggers", lambda: sorted(cluster.loggers)[-1:])
    # Its level is what the worker is started with; it was not changed since.
    step("Cluster.root_logger", lambda: cluster.root_logger["last_modified"])
    step("Cluster.root_logger, set", set_root, "ERROR")
    step("Cluster.root_logger, after", lambda: cluster.root_logger["level"])
    step("Cluster.root_logger, wrong", set_root, "LOUD")
    # What it takes for a level is more than Connect does: CRITICAL is none.
    step("Cluster.root_logger, unknown to Connect", set_root, "CRITICAL")
    # The loggers that it answers with are those of the program that runs, and so are the valid ones that an error names.
    step("Cluster.set_logger_log_level", lambda: "root" in cluster.set_logger_log_level("root", "WARN"))
    step("Cluster.set_logger_log_level, unknown", unknown_logger)


def lambdas(event):
    one = event | {"connector": {"name": SOURCE}}
    step("create_update_connector", aws_lambdas.create_update_connector,
         event | {"connector": {"name": SOURCE, "config": source(SOURCE)}}, None)
    settle(SOURCE)
    step("check_connector_health", aws_lambdas.check_connector_health, one, None)
    step("restart_connector", aws_lambdas.restart_connector, one, None)
    settle(SOURCE)
    step("restart_all_connectors", aws_lambdas.restart_all_connectors, event, None)
    settle(SOURCE)
    step("delete_connector", aws_lambdas.delete_connector, one, None)
    gone(SOURCE)
    step("check_connector_health, unknown", aws_lambdas.check_connector_health, one, None)


main()
