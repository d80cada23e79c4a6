"""The walk through kafka-connect-healthcheck: its verdict under each of its options, over HTTP as probes ask for it."""

import json
import threading
import urllib.error
import urllib.request
from functools import partial
from http.server import HTTPServer
from urllib.parse import urlsplit

from kafka_connect_healthcheck import parser
from kafka_connect_healthcheck.handler import RequestHandler
from kafka_connect_healthcheck.health import Health

from steps import NAME, URL, broken, gone, settle, sink, source, step

SOURCE, SINK, BROKEN = f"{NAME}-source", f"{NAME}-sink", f"{NAME}-broken"
WORKER = urlsplit(URL).netloc


def main():
    ask("none at all")
    send("PUT", f"/connectors/{SOURCE}/config", source(SOURCE))
    send("PUT", f"/connectors/{SINK}/config", sink(SINK, SOURCE))
    settle(SOURCE)
    settle(SINK)
    ask("all run")
    ask("all run, of this worker", "--connect-worker-id", WORKER)
    ask("all run, of another worker", "--connect-worker-id", "elsewhere:8083")
    send("PUT", f"/connectors/{SINK}/pause")
    settle(SINK, "PAUSED", ["PAUSED"])
    ask("one is paused")
    ask("one is paused, which is unhealthy", "--unhealthy-states", "FAILED,PAUSED,UNASSIGNED")
    send("PUT", f"/connectors/{BROKEN}/config", broken(BROKEN))
    settle(BROKEN, tasks=["FAILED"])
    ask("a task has failed")
    ask("a task has failed, of this worker", "--connect-worker-id", WORKER)
    ask("a task has failed, connectors only", "--considered-containers", "CONNECTOR")
    ask("a task has failed, tasks only", "--considered-containers", "TASK")
    ask("a task has failed, within the threshold", "--failure-threshold-percentage", "20")
    ask("with credentials that nobody asks for", "--basic-auth", "user:password", "--failure-threshold-percentage", "20")
    send("PUT", f"/connectors/{SINK}/stop")
    settle(SINK, "STOPPED", [])
    ask("one is stopped", "--failure-threshold-percentage", "20")
    ask("nobody answers", "--connect-url", "http://127.0.0.1:1")
    for connector in (SOURCE, SINK, BROKEN):
        send("DELETE", f"/connectors/{connector}")
        gone(connector)


def ask(name, *options):
    """Starts the health check as its `main` does, on a port of its own, and asks it."""
    args = parser.get_parser().parse_args(["--connect-url", URL, *options])
    health = Health(args.connect_url, args.connect_worker_id, args.unhealthy_states.split(","), args.basic_auth,
                    args.failure_threshold_percentage, args.considered_containers.split(","))
    server = HTTPServer(("127.0.0.1", 0), partial(RequestHandler, health))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()

    def verdict():
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/") as response:
                answer = {"status": response.status, **json.load(response)}
        except urllib.error.HTTPError as error:
            answer = {"status": error.code, **json.load(error)}
        # Connectors come in no order.
        answer.get("failures", []).sort(key=json.dumps)
        return answer

    step(name, verdict)
    server.shutdown()
    server.server_close()


def send(method, path, body=None):
    """Sets the scene, behind the client's back: it only looks."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(URL + path, data, {"Content-Type": "application/json"}, method=method)
    urllib.request.urlopen(request, timeout=30).close()


main()
