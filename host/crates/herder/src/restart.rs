//! Which parts of a connector a restart request concerns (rest.md §6.3).

use crate::{ConnectorKind, ConnectorStateInfo, StateInfo};
use cofferdam_storage::{State, Status};

/// A restart with a plan. Kafka: `RestartRequest`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RestartRequest {
    /// Only what is FAILED.
    pub only_failed: bool,
    /// Tasks too.
    pub include_tasks: bool,
}

impl RestartRequest {
    /// Whether this is the plain restart of the connector instance alone, which has no plan and no body.
    pub fn is_plain(self) -> bool {
        !self.only_failed && !self.include_tasks
    }
}

/// What is to be restarted, and what the requester is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RestartPlan {
    /// Whether the connector instance is restarted.
    pub(crate) connector: bool,
    /// The tasks that are restarted.
    pub(crate) tasks: Vec<u32>,
    /// The statuses, with RESTARTING for what is restarted; a trace stays.
    pub(crate) answer: ConnectorStateInfo,
}

impl RestartPlan {
    pub(crate) fn new(
        name: &str,
        request: RestartRequest,
        connector: Status,
        tasks: Vec<(u32, Status)>,
        kind: ConnectorKind,
    ) -> Self {
        let concerned = |status: &Status| !request.only_failed || status.state == State::Failed;
        let restart_connector = concerned(&connector);
        let restarted: Vec<u32> = tasks
            .iter()
            .filter(|(_, status)| request.include_tasks && concerned(status))
            .map(|(task, _)| *task)
            .collect();
        let told = |mut status: Status, restarting: bool| {
            if restarting {
                status.state = State::Restarting;
            }
            StateInfo::from(status)
        };
        let answer = ConnectorStateInfo {
            name: name.to_owned(),
            connector: told(connector, restart_connector),
            tasks: tasks
                .into_iter()
                .map(|(task, status)| {
                    let restarting = restarted.contains(&task);
                    (task, told(status, restarting))
                })
                .collect(),
            kind,
        };
        Self { connector: restart_connector, tasks: restarted, answer }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(state: State) -> Status {
        let trace = (state == State::Failed).then(|| "broke\n".to_owned());
        Status { state, trace, worker_id: "w:1".to_owned(), generation: 0, version: None }
    }

    fn plan(only_failed: bool, include_tasks: bool, connector: State) -> RestartPlan {
        let tasks = vec![(0, status(State::Running)), (1, status(State::Failed))];
        let request = RestartRequest { only_failed, include_tasks };
        RestartPlan::new("c", request, status(connector), tasks, ConnectorKind::Sink)
    }

    #[test]
    fn a_part_is_restarted_if_asked_for_and_failed_or_all_are() {
        let parts = |plan: &RestartPlan| (plan.connector, plan.tasks.clone());
        assert_eq!(parts(&plan(false, true, State::Running)), (true, vec![0, 1]));
        assert_eq!(parts(&plan(true, true, State::Running)), (false, vec![1]));
        assert_eq!(parts(&plan(true, true, State::Failed)), (true, vec![1]));
        assert_eq!(parts(&plan(true, false, State::Running)), (false, vec![]));
        assert_eq!(parts(&plan(true, false, State::Failed)), (true, vec![]));
    }

    #[test]
    fn the_answer_says_restarting_and_keeps_traces() {
        let answer = plan(true, true, State::Running).answer;
        assert_eq!(answer.connector.state, "RUNNING");
        assert_eq!(answer.tasks[0].1.state, "RUNNING");
        assert_eq!(answer.tasks[1].1.state, "RESTARTING");
        assert_eq!(answer.tasks[1].1.trace.as_deref(), Some("broke\n"));
    }
}
