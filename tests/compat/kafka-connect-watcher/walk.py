"""The walk through kafka-connect-watcher: its rules carried out once each, and the loop around them.

A corrective action waits five seconds, which is the client's own.
"""

import threading
import time
from urllib.parse import urlsplit

from kafka_connect_api.kafka_connect_api import Connector
from kafka_connect_watcher.cluster import ConnectCluster
from kafka_connect_watcher.config import Config
from kafka_connect_watcher.watcher import Watcher

from steps import NAME, URL, broken, gone, settle, sink, source, step

SOURCE, SINK, BROKEN = f"{NAME}-source", f"{NAME}-sink", f"{NAME}-broken"


def configuration(*actions, **rule):
    host = urlsplit(URL)
    rule |= {"include_regex": [f"{NAME}-.*"]}
    if actions:
        rule["auto_correct_actions"] = [{"action": action} for action in actions]
    cluster = {"hostname": host.hostname, "port": host.port, "evaluation_rules": [rule]}
    return Config(configuration={"clusters": [cluster], "watch_interval": "2s"})


def execute(*actions, **rule):
    """What is known of the cluster after one pass."""
    config = configuration(*actions, **rule)
    cluster = ConnectCluster(config.config["clusters"][0], config)
    cluster.handling_rules[0].execute(cluster)
    return cluster.metrics


def main():
    step("no connectors", execute)
    with_connectors()
    for connector in (SOURCE, SINK, BROKEN):
        step(f"delete {connector}", Connector(the_cluster(), connector).delete)
        gone(connector)


def the_cluster():
    config = configuration()
    return ConnectCluster(config.config["clusters"][0], config).cluster


def with_connectors():
    cluster = the_cluster()

    def configure(name, config):
        Connector(cluster, name).config = config

    step("create a source", configure, SOURCE, source(SOURCE))
    settle(SOURCE)
    step("create a sink", configure, SINK, sink(SINK, SOURCE))
    settle(SINK)
    step("all run", execute)
    step("pause", Connector(cluster, SINK).pause)
    settle(SINK, "PAUSED", ["PAUSED"])
    step("one is paused, ignored", execute, ignore_paused=True)
    # Pauses, restarts the tasks, resumes.
    step("one is paused", execute)
    settle(SINK)
    step("create one that fails", configure, BROKEN, broken(BROKEN))
    settle(BROKEN, tasks=["FAILED"])
    step("one has failed, no action", execute)
    step("one has failed, restart", execute, "restart")
    settle(BROKEN, tasks=["FAILED"])
    step("one has failed, cycle", execute, "cycle")
    step("one has failed, pause", execute, "pause")
    step("the loop", loop)


def loop():
    """The program's own loop, ended as soon as it has been round once."""
    config, watcher = configuration(), Watcher()

    def end():
        while not watcher.metrics["connect_clusters_healthy"]:
            time.sleep(0.01)
        found.append(dict(watcher.metrics))
        watcher.keep_running = False

    found = []
    threading.Thread(target=end, daemon=True).start()
    watcher.run(config)
    return found


main()
