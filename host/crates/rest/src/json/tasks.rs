//! Task configs, as one worker hands them to another.

use super::{Body, Node};
use cofferdam_herder::RequestedConfig;

/// What `POST /connectors/{name}/tasks` takes.
pub(crate) struct TaskConfigs(pub(crate) Vec<RequestedConfig>);

impl Body for TaskConfigs {
    const EXPECTED: &'static str = "a JSON array of objects of configuration keys and their values";

    fn read(node: Node<'_>) -> Result<Self, String> {
        let configs = node.list("Request body", Self::EXPECTED)?;
        let config = |node: &Node<'_>| node.config("A task's configuration", "an object of keys and their values");
        configs.iter().map(config).collect::<Result<_, _>>().map(Self)
    }
}
