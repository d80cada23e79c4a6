// The walk through org.sourcelab:kafka-connect-client: every method of its client.
// What a walk is told by its environment, and what it prints, is said in ../steps.py.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.sourcelab.kafka.connect.apiclient.Configuration;
import org.sourcelab.kafka.connect.apiclient.KafkaConnectClient;
import org.sourcelab.kafka.connect.apiclient.request.dto.ConnectorPluginConfigDefinition;
import org.sourcelab.kafka.connect.apiclient.request.dto.ConnectorStatus;
import org.sourcelab.kafka.connect.apiclient.request.dto.NewConnectorDefinition;
import org.sourcelab.kafka.connect.apiclient.request.post.PostConnectorRestart;

public final class Walk {
    private static final String URL = System.getenv("CONNECT_URL");
    private static final String NAME = System.getenv("WALK_NAME");
    private static final Path DATA = Path.of(System.getenv("WALK_DATA"));
    private static final String SOURCE = NAME + "-source", SINK = NAME + "-sink", BROKEN = NAME + "-broken";
    private static final String NOBODY = NAME + "-nobody";
    private static final String PACKAGE = "org.apache.kafka.connect.file.";
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final KafkaConnectClient client = new KafkaConnectClient(new Configuration(URL));

    public static void main(String[] args) throws Exception {
        new Walk().walk();
    }

    private void walk() throws Exception {
        plugins();
        create();
        look();
        control();
        delete();
    }

    private void plugins() {
        step("getConnectServerVersion", client::getConnectServerVersion);
        step("getConnectorPlugins", client::getConnectorPlugins);
        step("validateConnectorPluginConfig", () -> validate(SOURCE, "FileStreamSource", source()));
        Map<String, String> wrong = Map.of("connector.class", "FileStreamSink", "tasks.max", "some", "file", "data/out");
        step("validateConnectorPluginConfig, wrong", () -> validate(SINK, "FileStreamSink", wrong));
        step("validateConnectorPluginConfig, no such class", () -> validate(NOBODY, NAME + ".Missing", wrong));
    }

    private Object validate(String name, String plugin, Map<String, String> config) {
        return client.validateConnectorPluginConfig(ConnectorPluginConfigDefinition.newBuilder()
            .withName(plugin).withConfig(config).withConfig("name", name).build());
    }

    private void create() throws Exception {
        step("addConnector", () -> add(SOURCE, source()));
        settle(SOURCE, "RUNNING", "RUNNING");
        step("addConnector, again", () -> add(SOURCE, source()));
        step("addConnector, wrong", () -> add(NOBODY, Map.of("connector.class", "FileStreamSink", "file", "data/out")));
        step("addConnector, failing", () -> add(BROKEN, broken()));
        settle(BROKEN, "RUNNING", "FAILED");
        step("updateConnectorConfig, new", () -> client.updateConnectorConfig(SINK, sink()));
        settle(SINK, "RUNNING", "RUNNING");
        written();
        Map<String, String> more = new HashMap<>(sink());
        more.put("errors.tolerance", "all");
        step("updateConnectorConfig", () -> client.updateConnectorConfig(SINK, more));
        settle(SINK, "RUNNING", "RUNNING");
        step("updateConnectorConfig, wrong", () -> client.updateConnectorConfig(SINK, Map.of("tasks.max", "1")));
    }

    private Object add(String name, Map<String, String> config) {
        return client.addConnector(NewConnectorDefinition.newBuilder().withName(name).withConfig(config).build());
    }

    private void look() {
        step("getConnectors", () -> sorted(client.getConnectors()));
        step("getConnectorsWithExpandedStatus", () -> new TreeMap<>(client.getConnectorsWithExpandedStatus().getMappedStatuses()));
        step("getConnectorsWithExpandedInfo", () -> new TreeMap<>(client.getConnectorsWithExpandedInfo().getMappedDefinitions()));
        step("getConnectorsWithAllExpandedMetadata", () -> {
            var all = client.getConnectorsWithAllExpandedMetadata();
            return List.of(sorted(all.getConnectorNames()), all.getStatusForConnector(SOURCE), all.getDefinitionForConnector(SINK));
        });
        both("getConnector", client::getConnector);
        both("getConnectorConfig", client::getConnectorConfig);
        both("getConnectorStatus", client::getConnectorStatus);
        both("getConnectorTopics", client::getConnectorTopics);
        both("getConnectorTasks", client::getConnectorTasks);
        step("getConnectorStatus, failed", () -> client.getConnectorStatus(BROKEN));
        both("getConnectorTaskStatus", connector -> client.getConnectorTaskStatus(connector, 0));
        step("getConnectorTaskStatus, failed", () -> client.getConnectorTaskStatus(BROKEN, 0));
    }

    private void control() throws Exception {
        both("resetConnectorTopics", client::resetConnectorTopics);
        both("restartConnector", client::restartConnector);
        settle(SOURCE, "RUNNING", "RUNNING");
        step("restartConnector, with tasks", () -> client.restartConnector(new PostConnectorRestart(SOURCE).withIncludeTasks(true)));
        settle(SOURCE, "RUNNING", "RUNNING");
        step("restartConnector, only failed", () -> client.restartConnector(
            new PostConnectorRestart(BROKEN).withIncludeTasks(true).withOnlyFailed(true)));
        settle(BROKEN, "RUNNING", "FAILED");
        both("restartConnectorTask", connector -> client.restartConnectorTask(connector, 0));
        settle(SOURCE, "RUNNING", "RUNNING");
        both("pauseConnector", client::pauseConnector);
        settle(SOURCE, "PAUSED", "PAUSED");
        both("resumeConnector", client::resumeConnector);
        settle(SOURCE, "RUNNING", "RUNNING");
        both("stopConnector", client::stopConnector);
        settle(SOURCE, "STOPPED");
        step("getConnectorStatus, stopped", () -> client.getConnectorStatus(SOURCE));
        step("getConnectorTasks, stopped", () -> client.getConnectorTasks(SOURCE));
    }

    private void delete() throws Exception {
        both("deleteConnector", client::deleteConnector);
        for (String connector : List.of(SINK, BROKEN)) {
            step("deleteConnector " + connector, () -> client.deleteConnector(connector));
        }
        for (String connector : List.of(SOURCE, SINK, BROKEN)) {
            await(connector, "gone", JsonNode::isMissingNode);
        }
        step("getConnectors, none", client::getConnectors);
        step("getConnectorsWithExpandedStatus, none", () -> client.getConnectorsWithExpandedStatus().getAllStatuses());
    }

    /** A call for the source, and for a connector that nobody has. */
    private void both(String name, Function<String, Object> call) {
        step(name, () -> call.apply(SOURCE));
        step(name + ", unknown", () -> call.apply(NOBODY));
    }

    private static void step(String name, Callable<Object> call) {
        ObjectNode line = JSON.createObjectNode().put("step", name);
        try {
            line.put("outcome", "ok").set("result", JSON.valueToTree(call.call()));
        } catch (Exception error) {
            line.put("outcome", "error").put("error", error.getClass().getSimpleName() + ": " + error.getMessage());
        }
        System.out.println(line);
    }

    private static List<String> sorted(java.util.Collection<String> names) {
        List<String> sorted = new ArrayList<>(names);
        Collections.sort(sorted);
        return sorted;
    }

    /** Waits, behind the client's back, until a connector and its tasks are in these states. */
    private static void settle(String connector, String state, String... tasks) throws Exception {
        await(connector, state + " " + Arrays.toString(tasks), status -> {
            List<String> states = new ArrayList<>();
            status.path("tasks").forEach(task -> states.add(task.path("state").asText()));
            return status.path("connector").path("state").asText().equals(state) && states.equals(List.of(tasks));
        });
    }

    private static void await(String connector, String what, java.util.function.Predicate<JsonNode> there) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(URL + "/connectors/" + connector + "/status")).build();
        long deadline = System.nanoTime() + 60_000_000_000L;
        while (true) {
            HttpResponse<String> answer = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
            JsonNode status = answer.statusCode() == 200 ? JSON.readTree(answer.body()) : JSON.missingNode();
            if (there.test(status)) {
                return;
            }
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("waited 60 s for " + connector + " to be " + what + ": " + status);
            }
            Thread.sleep(50);
        }
    }

    /** Reads two lines into the topic that is named like it. */
    private static Map<String, String> source() throws Exception {
        Files.writeString(DATA.resolve(SOURCE + ".in"), "one\ntwo\n");
        return Map.of("connector.class", PACKAGE + "FileStreamSourceConnector", "tasks.max", "1",
            "file", "data/" + SOURCE + ".in", "topic", SOURCE);
    }

    /** Waits until both lines are in the sink's file, so that they have been through the topic. */
    private static void written() throws Exception {
        Path path = DATA.resolve(SINK + ".out");
        await(SOURCE, "written", status -> path.toFile().length() == "one\ntwo\n".length());
    }

    private static Map<String, String> sink() {
        return Map.of("connector.class", PACKAGE + "FileStreamSinkConnector", "tasks.max", "1",
            "file", "data/" + SINK + ".out", "topics", SOURCE);
    }

    /** Its file is a directory. */
    private static Map<String, String> broken() throws Exception {
        Files.createDirectories(DATA.resolve(BROKEN));
        return Map.of("connector.class", PACKAGE + "FileStreamSinkConnector", "tasks.max", "1",
            "file", "data/" + BROKEN, "topics", BROKEN);
    }
}
