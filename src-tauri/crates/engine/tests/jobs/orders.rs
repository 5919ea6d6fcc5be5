//! What people say to a job, and what servers refuse.
use std::time::Duration;

use windlass_domain::job::{Cause, IfTaken, ObjectEdit};
use windlass_domain::{ItemState, JobKind, JobSpec, JobState};
use windlass_engine::EngineError;
use windlass_testkit::{Fault, Profile};

use crate::bench::{Bench, expected, spec};

fn bench(profile: Profile) -> Bench {
    let bench = Bench::new(7, profile);
    bench.live(|_| async {
        for number in 0..9 {
            bench.put(&format!("a/{number}"), 10 + number).await;
        }
    });
    bench
}

fn causes(bench: &Bench, id: &windlass_domain::JobId) -> Vec<Option<Cause>> {
    bench.items(id).into_iter().map(|(_, _, cause)| cause).collect()
}

#[test]
fn a_plan_changes_nothing_until_it_is_started_and_is_forgotten_by_a_restart() {
    let bench = bench(Profile::AWS);
    let before = bench.tags();
    bench.live(|_| async {
        let engine = bench.engine().await;
        let id = engine.plan_job(spec(JobKind::Delete, &[("a/", "a/")], IfTaken::Skip)).await.unwrap();
        let view = engine.wait_job(&id).await.unwrap();
        assert_eq!(
            (view.row.state, view.row.counts.objects, view.row.counts.bytes),
            (JobState::Ready, 9, 360)
        );
        assert!(view.row.versioned);
        engine.shutdown().await;
        let engine = bench.engine().await;
        assert!(matches!(engine.start_job(&id).await, Err(EngineError::NotFound(_))));
        engine.shutdown().await;
    });
    assert_eq!(bench.tags(), before);
}

#[test]
fn i14_a_pause_stops_at_an_object_and_a_cancel_keeps_what_was_done() {
    let bench = bench(Profile::UNVERSIONED);
    let wanted = spec(JobKind::Move, &[("a/", "b/")], IfTaken::Skip);
    let id = bench
        .live(|_| async {
            let engine = bench.engine().await;
            let id = engine.plan_job(wanted.clone()).await.unwrap();
            engine.wait_job(&id).await.unwrap();
            engine.start_job(&id).await.unwrap();
            engine.pause_job(&id).unwrap();
            let view = engine.wait_job(&id).await.unwrap();
            assert_eq!(view.row.state, JobState::Paused);
            let paused = bench.tags();
            tokio::time::sleep(Duration::from_secs(3600)).await;
            assert_eq!(bench.tags(), paused, "paused means that nothing changes");
            engine.shutdown().await;
            // Paused it stays over a restart.
            let engine = bench.engine().await;
            tokio::time::sleep(Duration::from_secs(60)).await;
            assert_eq!(bench.tags(), paused);
            engine.cancel_job(&id).await.unwrap();
            let view = engine.wait_job(&id).await.unwrap();
            let view = if view.row.state == JobState::Cancelled {
                view
            } else {
                tokio::time::sleep(Duration::from_secs(5)).await;
                engine.job(&id).await.unwrap()
            };
            assert_eq!(view.row.state, JobState::Cancelled);
            assert_eq!(
                view.row.counts.done,
                bench.items(&id).iter().filter(|i| i.1 == ItemState::Done).count() as u64
            );
            engine.shutdown().await;
            id
        })
        .unwrap();
    for (path, state, _) in bench.items(&id) {
        let (from, to) =
            (bench.tags().contains_key(&path), bench.tags().contains_key(&path.replace("a/", "b/")));
        match state {
            ItemState::Done => assert!(to && !from, "{path}"),
            ItemState::Planned => assert!(from && !to, "{path}"),
            ItemState::Copied => assert!(from && to, "{path}"),
            ItemState::Left => panic!("{path} was left"),
        }
    }
    bench.verdict().unwrap();
}

#[test]
fn hb22_a_source_that_may_not_be_deleted_is_told_and_both_are_kept() {
    let bench = bench(Profile::AWS);
    bench.world.fail_always("delete", Fault::Denied);
    let view = bench
        .live(|_| async {
            let engine = bench.engine().await;
            let view = bench.bring_about(&engine, &spec(JobKind::Move, &[("a/", "b/")], IfTaken::Skip)).await;
            engine.shutdown().await;
            view
        })
        .unwrap();
    assert_eq!(causes(&bench, &view.row.id), vec![Some(Cause::Locked); 9]);
    assert_eq!(bench.tags().len(), 18);
}

#[test]
fn what_may_not_be_copied_is_told_and_left() {
    let bench = bench(Profile::AWS);
    let before = bench.tags();
    bench.world.fail_always("copy", Fault::Denied);
    let view = bench
        .live(|_| async {
            let engine = bench.engine().await;
            let view = bench.bring_about(&engine, &spec(JobKind::Move, &[("a/", "b/")], IfTaken::Skip)).await;
            let left = engine.job_left(&view.row.id).await.unwrap();
            assert_eq!((left.len(), left[0].cause, left[0].objects), (1, Cause::Denied, 9));
            engine.shutdown().await;
            view
        })
        .unwrap();
    assert_eq!(view.row.counts.left, 9);
    assert_eq!(bench.tags(), before);
}

#[test]
fn hb1_replacing_takes_exactly_what_the_plan_saw() {
    let bench = bench(Profile::UNVERSIONED);
    bench.live(|_| async {
        bench.put("b/1", 50).await;
        bench.put("b/2", 51).await;
        let engine = bench.engine().await;
        let id = engine.plan_job(spec(JobKind::Copy, &[("a/", "b/")], IfTaken::Replace)).await.unwrap();
        let view = engine.wait_job(&id).await.unwrap();
        assert_eq!(view.row.counts.replaces, 2);
        // Another writer comes in after the plan was read: that version was let go by nobody.
        bench.put("b/2", 52).await;
        engine.start_job(&id).await.unwrap();
        let view = engine.wait_job(&id).await.unwrap();
        assert_eq!((view.row.counts.done, view.row.counts.left), (8, 1));
        let undo = engine.undo_job(&id).await.unwrap();
        let plan = engine.wait_job(&undo).await.unwrap();
        assert_eq!(
            (plan.row.counts.objects, plan.row.counts.left),
            (8, 1),
            "what it replaced cannot come back"
        );
        engine.shutdown().await;
    });
    let tags = bench.tags();
    assert_eq!(tags["b/1"], crate::bench::content(11).id);
    assert_eq!(tags["b/2"], crate::bench::content(52).id);
}

#[test]
fn hb20_a_folder_that_was_deleted_comes_back_where_versions_are_kept() {
    for (profile, comes_back) in [(Profile::AWS, true), (Profile::UNVERSIONED, false)] {
        let bench = bench(profile);
        let before = bench.tags();
        bench.live(|_| async {
            let engine = bench.engine().await;
            let wanted = spec(JobKind::Delete, &[("a/", "a/")], IfTaken::Skip);
            // Nobody guards what a person deletes.
            for number in 0..9 {
                let path = format!("a/{number}");
                bench.forgo(&path);
            }
            let view = bench.bring_about(&engine, &wanted).await;
            assert_eq!(view.row.counts.done, 9);
            assert!(bench.tags().is_empty());
            match engine.undo_job(&view.row.id).await {
                Ok(_) => {
                    assert!(comes_back);
                    bench.take_back(&engine, &view.row.id).await;
                    assert_eq!(bench.tags(), before);
                }
                Err(EngineError::CannotUndo(_)) => assert!(!comes_back),
                Err(other) => panic!("{other}"),
            }
            engine.shutdown().await;
        });
        bench.verdict().unwrap();
    }
}

#[test]
fn an_edit_writes_each_object_anew_and_no_other() {
    let bench = bench(Profile::AWS);
    let edit = ObjectEdit { class: Some("STANDARD_IA".to_owned()), ..ObjectEdit::default() };
    let wanted = JobSpec { edit, ..spec(JobKind::Edit, &[("a/", "a/")], IfTaken::Skip) };
    let before = bench.tags();
    bench.live(|_| async {
        let engine = bench.engine().await;
        let view = bench.bring_about(&engine, &wanted).await;
        assert_eq!((view.row.counts.done, view.row.counts.left), (9, 0));
        assert!(matches!(engine.undo_job(&view.row.id).await, Err(EngineError::CannotUndo(_))));
        let empty = JobSpec { edit: ObjectEdit::default(), ..wanted.clone() };
        assert!(matches!(engine.plan_job(empty).await, Err(EngineError::Edit(_))));
        engine.shutdown().await;
    });
    assert_eq!(bench.tags(), before);
}

#[test]
fn a_copy_into_its_own_folder_ends() {
    let bench = bench(Profile::UNVERSIONED);
    bench.live(|_| async {
        let engine = bench.engine().await;
        let view = bench.bring_about(&engine, &spec(JobKind::Copy, &[("a/", "a/b/")], IfTaken::Skip)).await;
        assert_eq!(view.row.counts.done, 9);
        let inside = spec(JobKind::Move, &[("a/", "a/c/")], IfTaken::Skip);
        assert!(matches!(engine.plan_job(inside).await, Err(EngineError::Job(_))));
        engine.shutdown().await;
    });
    assert_eq!(bench.tags().len(), 18);
}

#[test]
fn hundreds_of_objects_are_few_commits() {
    let bench = Bench::new(9, Profile::UNVERSIONED);
    bench.world.hurry(true);
    bench.live(|_| async {
        for number in 0..1300 {
            bench.put(&format!("a/{number:04}"), number).await;
            bench.guard_nothing();
        }
        let engine = bench.engine().await;
        let before = bench.journal.commits();
        let view = bench.bring_about(&engine, &spec(JobKind::Move, &[("a/", "b/")], IfTaken::Skip)).await;
        assert_eq!(view.row.counts.done, 1300);
        let commits = bench.journal.commits() - before;
        assert!(commits <= 24, "{commits} commits for 1,300 objects");
        engine.shutdown().await;
    });
    assert!(expected(&[("b/0007", 7)]).iter().all(|(path, id)| bench.tags().get(path) == Some(id)));
}
