use super::*;

fn budget(cpu: u64, wall: u64) -> Budget {
    let (cpu, wall) = (Duration::from_millis(cpu), Duration::from_millis(wall));
    Budget { call: "poll", cpu, wall, wall_key: "sandbox.call.timeout.ms" }
}

#[tokio::test]
async fn a_call_in_time_gives_its_result() {
    let result = run(Clock::new(None), budget(1_000, 1_000), async {
        tokio::task::yield_now().await;
        7
    });
    assert_eq!(result.await, Ok(7));
}

#[tokio::test]
async fn a_wait_is_counted_until_it_is_over() {
    let never = run(Clock::new(None), budget(1_000, 30), std::future::pending::<()>());
    let overdue = never.await.unwrap_err();
    assert_eq!(overdue.to_string(), "poll did not return within 0.03 s (sandbox.call.timeout.ms)");
}

#[tokio::test]
async fn computing_past_the_budget_is_an_error_at_the_next_tick() {
    let clock = Clock::new(None);
    let ticking = clock.clone();
    let spin = poll_fn(|cx| {
        // What compiled code does: it computes until a tick, then gives way or traps.
        let until = Instant::now() + Duration::from_millis(2);
        while Instant::now() < until {}
        match ticking.tick() {
            Ok(_) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Err(error) => Poll::Ready(error),
        }
    });
    let error = run(clock, budget(10, 60_000), spin).await.unwrap();
    let expected = Overdue::Computing { call: "poll", limit: Duration::from_millis(10) };
    assert_eq!(error.downcast_ref::<Overdue>(), Some(&expected));
    assert_eq!(expected.to_string(), "poll did not return within 0.01 s of computing (sandbox.call.cpu.ms)");
}

#[tokio::test]
async fn queueing_after_a_yield_counts_on_no_clock() {
    let clock = Clock::new(None);
    let (ticking, mut polls) = (clock.clone(), 0);
    let polite = poll_fn(move |cx| {
        polls += 1;
        if polls > 5 {
            return Poll::Ready(());
        }
        assert!(ticking.tick().is_ok());
        // Ready at once, but others are run first: here for longer than the whole budget.
        let waker = cx.waker().clone();
        std::thread::spawn(move || {
            let until = Instant::now() + Duration::from_millis(20);
            while Instant::now() < until {}
            waker.wake();
        });
        Poll::Pending
    });
    assert_eq!(run(clock, budget(15, 15), polite).await, Ok(()));
}

#[tokio::test]
async fn queueing_after_a_wait_counts_on_no_clock() {
    // One thread: woken at once, the call must stand in line until the other task has computed beyond the call's limit.
    let mut first = true;
    let call = poll_fn(move |cx| {
        if !std::mem::take(&mut first) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    });
    let hog = tokio::spawn(async {
        let until = Instant::now() + Duration::from_millis(50);
        while Instant::now() < until {}
    });
    let mut second = false;
    let clock = Clock::new(None);
    // A second wait right after shows that the first was not counted.
    let both = async {
        call.await;
        poll_fn(|cx| {
            if std::mem::replace(&mut second, true) {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    };
    assert_eq!(run(clock, budget(40, 40), both).await, Ok(()));
    hog.await.unwrap();
}
