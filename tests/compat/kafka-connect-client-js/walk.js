// The walk through the npm package kafka-connect-client: every method of its two classes.
// What a walk is told by its environment, and what it prints, is said in ../steps.py.
"use strict";

const fs = require("fs");
const path = require("path");
const { KafkaConnectClient } = require("kafka-connect-client");

const { CONNECT_URL: URL_TEXT, WALK_NAME: NAME, WALK_DATA: DATA } = process.env;
const SOURCE = `${NAME}-source`, SINK = `${NAME}-sink`, BROKEN = `${NAME}-broken`, NOBODY = `${NAME}-nobody`;
const PACKAGE = "org.apache.kafka.connect.file";

async function step(name, call) {
  let line;
  try {
    const answer = await call();
    // Node's name for what is not there is none in JSON.
    line = { step: name, outcome: "ok", result: answer.data === undefined ? answer : { status: answer.status, data: answer.data } };
  } catch (error) {
    const said = error.response ? ` ${JSON.stringify(error.response.data)}` : "";
    line = { step: name, outcome: "error", error: `${error.name}: ${error.message}${said}` };
  }
  process.stdout.write(JSON.stringify(line) + "\n");
}

async function waitFor(what, ask) {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const [done, now] = await ask();
    if (done) return;
    if (Date.now() > deadline) throw new Error(`waited 60 s for ${what}: ${JSON.stringify(now)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function status(connector) {
  const answer = await fetch(`${URL_TEXT}/connectors/${connector}/status`);
  return answer.status === 200 ? answer.json() : null;
}

function settle(connector, state = "RUNNING", tasks = ["RUNNING"]) {
  return waitFor(`${connector} to be ${state} ${tasks}`, async () => {
    const now = await status(connector);
    const states = now && now.tasks.map((task) => task.state);
    return [now && now.connector.state === state && states.join() === tasks.join(), now];
  });
}

// Brings a connector into a state behind the client's back, whether or not the client did so itself.
async function bring(connector, how, state, tasks) {
  await fetch(`${URL_TEXT}/connectors/${connector}/${how}`, { method: "PUT" });
  await settle(connector, state, tasks);
}

const gone = (connector) => waitFor(`${connector} to be gone`, async () => {
  const now = await status(connector);
  return [now === null, now];
});

// Both lines have been through the topic, so the source's position is known.
const written = (name) => waitFor(`both lines in ${name}.out`, async () => {
  const file = path.join(DATA, `${name}.out`);
  const now = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
  return [now === "one\ntwo\n", now];
});

function source(name) {
  fs.writeFileSync(path.join(DATA, `${name}.in`), "one\ntwo\n");
  return { "connector.class": `${PACKAGE}.FileStreamSourceConnector`, "tasks.max": "1", file: `data/${name}.in`, topic: name };
}

function sink(name, topic) {
  return { "connector.class": `${PACKAGE}.FileStreamSinkConnector`, "tasks.max": "1", file: `data/${name}.out`, topics: topic };
}

function broken(name) {
  fs.mkdirSync(path.join(DATA, name), { recursive: true });
  return { ...sink(name, `${name}-topic`), file: `data/${name}` };
}

async function main() {
  const url = new URL(URL_TEXT);
  const options = { protocol: url.protocol.slice(0, -1), host: url.hostname, port: url.port };
  const client = new KafkaConnectClient(options);
  const mine = client.connector(SOURCE), other = client.connector(SINK), failing = client.connector(BROKEN);
  const nobody = client.connector(NOBODY);

  const wrong = { "connector.class": "FileStreamSink", file: "data/out" };

  await step("getCluster", () => client.getCluster());
  await step("getConnectorPlugins", () => client.getConnectorPlugins());
  await step("getConnectorPlugins, connectors only", () => client.getConnectorPlugins({ connectorsOnly: true }));
  // Of all plugins, the converters that both have: which else there are, and in which order, is a worker's own.
  await step("getConnectorPlugins, all", async () => {
    const all = (await client.getConnectorPlugins({ connectorsOnly: false })).data;
    return all.filter((plugin) => /(String|Json|ByteArray)Converter$/.test(plugin.class))
      .map((plugin) => `${plugin.type} ${plugin.class}`).sort();
  });
  await step("validateConnectorConfig", () => client.validateConnectorConfig("FileStreamSource", { name: SOURCE, ...source(SOURCE) }));
  await step("validateConnectorConfig, wrong", () => client.validateConnectorConfig("FileStreamSink", wrong));
  await step("createConnector", () => client.createConnector(SOURCE, source(SOURCE)));
  await settle(SOURCE);
  await step("createConnector, again", () => client.createConnector(SOURCE, source(SOURCE)));
  await step("createConnector, wrong", () => client.createConnector(NOBODY, { ...wrong, "tasks.max": "x" }));
  await step("create", () => other.create(sink(SINK, SOURCE)));
  await settle(SINK);
  await written(SINK);
  await step("create, failing", () => failing.create(broken(BROKEN)));
  await settle(BROKEN, "RUNNING", ["FAILED"]);
  await step("getConnectors", async () => (await client.getConnectors()).data.sort());
  // Axios sends `expand[]=status`, which Connect does not know: the names come back.
  await step("getConnectors, expanded", async () => (await client.getConnectors({ expand: ["status", "info"] })).data.sort());
  await step("updateConfig", () => other.updateConfig({ ...sink(SINK, SOURCE), "errors.tolerance": "all" }));
  await settle(SINK);
  await step("updateConfig, wrong", () => other.updateConfig(wrong));
  for (const call of ["get", "getConfig", "getStatus", "getTasks"]) {
    await step(call, () => mine[call]());
    await step(`${call}, unknown`, () => nobody[call]());
  }
  await step("getStatus, failed", () => failing.getStatus());
  await step("getTaskStatus", () => mine.getTaskStatus(0));
  await step("getTaskStatus, unknown", () => mine.getTaskStatus(9));
  // It takes the text of an answer for an object, so it fails whatever the answer is.
  await step("getTopics", () => mine.getTopics());
  // What it puts and posts without a body goes out as a form, which Connect 4.3 refuses: neither this nor `restartTask`,
  // `pause`, `resume` and `stop` take effect there. The walk goes on from the states in which they should leave things.
  await step("resetTopics", () => mine.resetTopics());
  // The options go into the body, where Connect does not look.
  await step("restart", () => mine.restart());
  await settle(SOURCE);
  await step("restart, with options", () => mine.restart({ includeTasks: true, onlyFailed: false }));
  await settle(SOURCE);
  await step("restartTask", () => mine.restartTask(0));
  await settle(SOURCE);
  await step("pause", () => mine.pause());
  await bring(SOURCE, "pause", "PAUSED", ["PAUSED"]);
  await step("resume", () => mine.resume());
  await bring(SOURCE, "resume", "RUNNING", ["RUNNING"]);
  await step("resetOffsets, not stopped", () => mine.resetOffsets());
  await step("stop", () => mine.stop());
  await bring(SOURCE, "stop", "STOPPED", []);
  await step("getStatus, stopped", () => mine.getStatus());
  await step("getTasks, stopped", () => mine.getTasks());
  await offsets(mine, other, nobody);
  for (const call of ["pause", "resume", "stop", "restart", "delete"]) {
    await step(`${call}, unknown`, () => nobody[call]());
  }
  await step("restartTask, unknown", () => nobody.restartTask(0));
  for (const connector of [mine, other, failing]) {
    await step(`delete ${connector.name}`, () => connector.delete());
    await gone(connector.name);
  }
}

async function offsets(mine, other, nobody) {
  const at = (position) => [{ partition: { filename: `data/${SOURCE}.in` }, offset: { position } }];
  await step("getOffsets", () => mine.getOffsets());
  await step("alterOffsets", () => mine.alterOffsets(at(4)));
  await step("getOffsets, altered", () => mine.getOffsets());
  await step("alterOffsets, wrong", () => mine.alterOffsets(at("four")));
  await step("alterOffsets, none", () => mine.alterOffsets([]));
  await step("resetOffsets", () => mine.resetOffsets());
  await step("getOffsets, reset", () => mine.getOffsets());
  await step("stop, sink", () => other.stop());
  await bring(SINK, "stop", "STOPPED", []);
  await step("getOffsets, sink", () => other.getOffsets());
  const partition = { kafka_topic: SOURCE, kafka_partition: 0 };
  await step("alterOffsets, sink", () => other.alterOffsets([{ partition, offset: { kafka_offset: 1 } }]));
  await step("getOffsets, sink altered", () => other.getOffsets());
  await step("resetOffsets, sink", () => other.resetOffsets());
  await step("getOffsets, sink reset", () => other.getOffsets());
  for (const call of ["getOffsets", "resetOffsets"]) await step(`${call}, unknown`, () => nobody[call]());
  await step("alterOffsets, unknown", () => nobody.alterOffsets(at(0)));
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
