use std::time::Duration;

use bytes::Bytes;
use tokio::sync::oneshot;

use super::super::{JoinRequest, SyncRequest};
use super::*;

struct Table {
    group: Group,
    now: Instant,
    ids: u32,
}

type Wait<T> = oneshot::Receiver<T>;

fn request(member_id: &str) -> JoinRequest {
    JoinRequest {
        member_id: member_id.into(),
        instance_id: None,
        client_id: "c".into(),
        client_host: "/127.0.0.1".into(),
        session_timeout_ms: 10_000,
        rebalance_timeout_ms: 60_000,
        protocol_type: "consumer".into(),
        protocols: vec![("range".into(), Bytes::from_static(b"meta"))],
        knows_member_id_required: false,
    }
}

impl Table {
    fn new() -> Self {
        Self { group: Group::default(), now: Instant::now(), ids: 0 }
    }

    fn join(&mut self, request: JoinRequest) -> Wait<Joined> {
        self.ids += 1;
        self.group.join(&request, format!("m{}", self.ids), self.now)
    }

    fn sync(&mut self, member: &str, generation: i32, assignments: &[(&str, &'static str)]) -> Wait<Synced> {
        let request = SyncRequest {
            member_id: member.into(),
            generation,
            assignments: assignments.iter().map(|(m, a)| ((*m).into(), Bytes::from_static(a.as_bytes()))).collect(),
            ..SyncRequest::default()
        };
        self.group.sync(&request, self.now)
    }

    /// Lets time pass, waking the group when it asked to be.
    fn pass(&mut self, ms: u64) {
        let end = self.now + Duration::from_millis(ms);
        while let Some(next) = self.group.next_deadline().filter(|d| *d <= end) {
            self.now = next;
            self.group.tick(next);
        }
        self.now = end;
    }

    fn heartbeat(&mut self, member: &str, generation: i32) -> Result<(), ResponseError> {
        self.group.heartbeat(Caller { member_id: member, instance_id: None, generation }, self.now)
    }

    /// A stable group of `n` members m1… in generation `n`.
    fn stable(n: u32) -> Self {
        let mut table = Self::new();
        let mut waiting = vec![table.join(request(""))];
        for i in 1..n {
            waiting.push(table.join(request("")));
            for old in 1..=i {
                drop(table.join(request(&format!("m{old}"))));
                table.ids -= 1;
            }
        }
        let generation = table.group.generation;
        for i in 1..=n {
            drop(table.sync(&format!("m{i}"), generation, &[("m1", "x"), ("m2", "y")]));
        }
        assert_eq!(table.group.state(), State::Stable);
        table
    }
}

fn got<T>(mut answer: Wait<T>) -> Option<T> {
    answer.try_recv().ok()
}

#[test]
fn one_member_joins_syncs_and_is_stable() {
    let mut t = Table::new();
    let joined = got(t.join(request(""))).unwrap();
    assert_eq!((joined.error, joined.generation, &*joined.leader, &*joined.protocol), (None, 1, "m1", "range"));
    assert_eq!(joined.members[0].metadata, "meta");
    let synced = got(t.sync("m1", 1, &[("m1", "all")])).unwrap();
    assert_eq!((synced.error, &synced.assignment[..]), (None, &b"all"[..]));
    assert_eq!(t.heartbeat("m1", 1), Ok(()));
    assert_eq!(t.heartbeat("m1", 0), Err(ResponseError::IllegalGeneration));
    assert_eq!(t.heartbeat("m9", 1), Err(ResponseError::UnknownMemberId));
}

#[test]
fn a_second_member_starts_a_round_that_waits_for_the_first() {
    let mut t = Table::stable(1);
    let second = t.join(request(""));
    assert_eq!(t.group.state(), State::PreparingRebalance);
    assert_eq!(t.heartbeat("m1", 1), Err(ResponseError::RebalanceInProgress));
    let first = got(t.join(request("m1"))).unwrap();
    let second = got(second).unwrap();
    assert_eq!((first.generation, second.generation), (2, 2));
    assert_eq!((first.members.len(), second.members.len()), (2, 0), "only the leader is told who is there");
    let early = t.sync(&second.member_id, 2, &[]);
    assert_eq!(t.group.state(), State::CompletingRebalance);
    drop(t.sync("m1", 2, &[("m1", "a"), (&second.member_id, "b")]));
    assert_eq!(got(early).unwrap().assignment, "b");
}

#[test]
fn who_does_not_join_again_in_time_is_left_behind() {
    let mut t = Table::stable(2);
    let mut third = request("");
    third.session_timeout_ms = 600_000;
    let third = t.join(third);
    for _ in 0..7 {
        let _ = t.heartbeat("m1", t.group.generation);
        let _ = t.heartbeat("m2", t.group.generation);
        t.pass(8_000);
    }
    let _ = t.heartbeat("m1", t.group.generation);
    let _ = t.heartbeat("m2", t.group.generation);
    t.pass(8_000);
    let joined = got(third).unwrap();
    assert_eq!(joined.members.len(), 1, "after the rebalance timeout of 60 s");
    assert_eq!(joined.leader, joined.member_id);
}

#[test]
fn a_member_that_falls_silent_is_dropped_and_the_rest_are_asked_again() {
    let mut t = Table::stable(2);
    let generation = t.group.generation;
    t.pass(9_000);
    t.heartbeat("m1", generation).unwrap();
    t.pass(2_000);
    assert_eq!(t.heartbeat("m2", generation), Err(ResponseError::UnknownMemberId));
    assert_eq!(t.heartbeat("m1", generation), Err(ResponseError::RebalanceInProgress));
    assert_eq!(got(t.join(request("m1"))).unwrap().members.len(), 1);
}

#[test]
fn a_leader_that_never_brings_assignments_is_dropped() {
    let mut t = Table::new();
    drop(t.join(request("")));
    let second = t.join(request(""));
    drop(t.join(request("m1")));
    let second = got(second).unwrap();
    let waiting = t.sync(&second.member_id, 2, &[]);
    for _ in 0..8 {
        let _ = t.heartbeat("m1", 2);
        t.pass(8_000);
    }
    assert_eq!(got(waiting).unwrap().error, Some(ResponseError::RebalanceInProgress));
    assert!(t.group.members.contains_key(&second.member_id) && !t.group.members.contains_key("m1"));
}

#[test]
fn a_new_client_is_sent_back_with_an_id_first() {
    let mut t = Table::new();
    let knows = |id: &str| JoinRequest { knows_member_id_required: true, ..request(id) };
    let sent_back = got(t.join(knows(""))).unwrap();
    assert_eq!(sent_back.error, Some(ResponseError::MemberIdRequired));
    let joined = got(t.join(knows(&sent_back.member_id))).unwrap();
    assert_eq!((joined.error, joined.member_id), (None, sent_back.member_id));
    assert_eq!(got(t.join(knows("made-up"))).unwrap().error, Some(ResponseError::UnknownMemberId));
    assert_eq!(got(t.join(knows("m1"))).unwrap().generation, 1, "an answer that got lost is given again");
    drop(t.sync("m1", 1, &[]));
    // One that never comes back does not hold the others up for longer than its session.
    drop(t.join(knows("")));
    let again = t.join(knows("m1"));
    t.pass(10_001);
    assert_eq!(got(again).unwrap().generation, 2);
}

#[test]
fn leaving_frees_the_place_at_once_and_the_last_empties_the_group() {
    let mut t = Table::stable(2);
    let now = t.now;
    t.group.leave("m2", None, now).unwrap();
    assert_eq!(t.group.leave("m2", None, now), Err(ResponseError::UnknownMemberId));
    assert_eq!(got(t.join(request("m1"))).unwrap().members.len(), 1);
    assert_eq!(t.group.delete(), Err(ResponseError::NonEmptyGroup));
    t.group.leave("m1", None, now).unwrap();
    assert_eq!(t.group.state(), State::Empty);
    assert_eq!(t.group.next_deadline(), None, "an empty group needs no clock");
    t.group.delete().unwrap();
    assert_eq!(t.group.state(), State::Dead);
}

#[test]
fn a_static_member_that_is_started_again_keeps_its_place_unnoticed() {
    let mut t = Table::new();
    let named = |id: &str| JoinRequest { instance_id: Some("a".into()), ..request(id) };
    let first = got(t.join(named(""))).unwrap();
    drop(t.sync(&first.member_id, 1, &[(&first.member_id, "mine")]));
    let again = got(t.join(named(""))).unwrap();
    assert_eq!((again.error, again.generation), (None, 1), "no new round");
    assert_ne!(again.member_id, first.member_id);
    assert_ne!(again.leader, again.member_id, "it must not assign anew");
    assert_eq!(got(t.sync(&again.member_id, 1, &[])).unwrap().assignment, "mine");
    let old = Caller { member_id: &first.member_id, instance_id: Some("a"), generation: 1 };
    assert_eq!(t.group.heartbeat(old, t.now), Err(ResponseError::FencedInstanceId));
    assert_eq!(got(t.join(named(&first.member_id))).unwrap().error, Some(ResponseError::FencedInstanceId));
    t.group.leave("", Some("a"), t.now).unwrap();
    assert_eq!(t.group.state(), State::Empty);
}

#[test]
fn only_another_strategy_makes_the_return_of_a_static_member_a_new_round() {
    let mut t = Table::new();
    let named = |id: &str, protocols: &[(&str, &'static str)]| JoinRequest {
        instance_id: Some("a".into()),
        protocols: protocols.iter().map(|(n, d)| ((*n).into(), Bytes::from_static(d.as_bytes()))).collect(),
        ..request(id)
    };
    let first = got(t.join(named("", &[("sticky", "owns 1"), ("range", "")]))).unwrap();
    drop(t.sync(&first.member_id, 1, &[(&first.member_id, "mine")]));
    let again = got(t.join(named("", &[("sticky", "owns nothing"), ("range", "")]))).unwrap();
    assert_eq!((again.error, again.generation), (None, 1), "what it owned is no matter");
    assert_eq!(got(t.sync(&again.member_id, 1, &[])).unwrap().assignment, "mine");
    let other = got(t.join(named("", &[("range", "")]))).unwrap();
    assert_eq!((other.error, other.generation, &*other.protocol), (None, 2, "range"));
}

#[test]
fn a_member_that_never_asks_for_its_assignment_loses_its_place() {
    let mut t = Table::new();
    drop(t.join(request("")));
    let second = t.join(request(""));
    drop(t.join(request("m1")));
    let second = got(second).unwrap().member_id;
    drop(t.sync("m1", 2, &[("m1", "a"), (&second, "b")]));
    assert_eq!(t.group.state(), State::Stable);
    for _ in 0..8 {
        let _ = t.heartbeat("m1", 2);
        let _ = t.heartbeat(&second, 2);
        t.pass(8_000);
    }
    assert_eq!(t.heartbeat(&second, 2), Err(ResponseError::UnknownMemberId));
    assert_eq!(t.heartbeat("m1", 2), Err(ResponseError::RebalanceInProgress));
}

#[test]
fn a_group_that_was_never_there_comes_not_to_be_by_asking_for_it() {
    let mut t = Table::new();
    assert_eq!(got(t.join(request("made-up"))).unwrap().error, Some(ResponseError::UnknownMemberId));
    assert_eq!(t.group.state(), State::Dead);
    let knows = JoinRequest { knows_member_id_required: true, ..request("") };
    drop(t.join(knows));
    assert_eq!(t.group.state(), State::Empty);
    t.pass(10_001);
    assert_eq!((t.group.state(), t.group.next_deadline()), (State::Dead, None));
}

#[test]
fn members_must_have_a_strategy_in_common_and_the_most_liked_wins() {
    let mut t = Table::stable(1);
    let with = |id: &str, names: &[&str]| JoinRequest {
        protocols: names.iter().map(|n| ((*n).into(), Bytes::new())).collect(),
        ..request(id)
    };
    assert_eq!(got(t.join(with("", &["sticky"]))).unwrap().error, Some(ResponseError::InconsistentGroupProtocol));
    let connect = JoinRequest { protocol_type: "connect".into(), ..request("") };
    assert_eq!(got(t.join(connect)).unwrap().error, Some(ResponseError::InconsistentGroupProtocol));
    assert_eq!(got(t.join(with("", &[]))).unwrap().error, Some(ResponseError::InconsistentGroupProtocol));
    let second = t.join(with("", &["sticky", "range"]));
    drop(t.join(with("m1", &["range", "sticky"])));
    let third = t.join(with("", &["sticky", "range"]));
    let second_id = got(second).unwrap().member_id;
    drop(t.join(with("m1", &["range", "sticky"])));
    drop(t.join(with(&second_id, &["sticky", "range"])));
    assert_eq!(got(third).unwrap().protocol, "sticky");
}

#[test]
fn offsets_are_taken_from_members_of_the_generation_and_from_outside_when_nobody_is_in() {
    let outside = Caller { member_id: "", instance_id: None, generation: -1 };
    let mut t = Table::new();
    assert_eq!(t.group.check_commit(outside, t.now), Ok(()));
    let named = Caller { instance_id: Some("a"), ..outside };
    assert_eq!(t.group.check_commit(named, t.now), Ok(()), "it assigns partitions to itself");
    let mut t = Table::stable(1);
    let member = |generation| Caller { member_id: "m1", instance_id: None, generation };
    assert_eq!(t.group.check_commit(outside, t.now), Err(ResponseError::UnknownMemberId));
    assert_eq!(t.group.check_commit(member(1), t.now), Ok(()));
    assert_eq!(t.group.check_commit(member(0), t.now), Err(ResponseError::IllegalGeneration));
    let second = t.join(request(""));
    assert_eq!(t.group.check_commit(member(1), t.now), Ok(()), "before it joins the next round");
    drop(t.join(request("m1")));
    drop(second);
    assert_eq!(t.group.check_commit(member(2), t.now), Err(ResponseError::RebalanceInProgress));
}
