use super::{After, RolloutState, Targets, rollout_state, tolerated};
use aws_sdk_ecs::types as api;
use aws_smithy_types::DateTime;

const ASKED: &str = "arn:aws:ecs:us-east-1:123456789012:task-definition/app:2";
const OLD: &str = "arn:aws:ecs:us-east-1:123456789012:task-definition/app:1";

struct Observed {
    task: &'static str,
    desired: i32,
    running: i32,
    failures: i32,
    rollout: api::DeploymentRolloutState,
    of: Option<api::ServiceDeployment>,
}

fn state_of(state_of: &Observed, targets: Option<&[&str]>) -> RolloutState {
    let deployment = api::Deployment::builder()
        .status("PRIMARY")
        .task_definition(state_of.task)
        .running_count(state_of.running)
        .failed_tasks(state_of.failures)
        .rollout_state(state_of.rollout.clone())
        .rollout_state_reason("circuit breaker")
        .build();
    let service = api::Service::builder()
        .desired_count(state_of.desired)
        .running_count(state_of.running)
        .deployments(deployment)
        .build();
    let targets = targets.map(|states| Targets {
        states: states.iter().map(|&state| state.to_owned()).collect(),
        unhealthy: Vec::new(),
    });
    rollout_state(
        &service,
        ASKED,
        &After::default(),
        targets.as_ref(),
        state_of.of.as_ref(),
    )
}

fn running(running: i32, rollout: api::DeploymentRolloutState) -> Observed {
    Observed {
        task: ASKED,
        desired: 2,
        running,
        failures: 0,
        rollout,
        of: None,
    }
}

#[test]
fn it_is_good_when_all_of_it_runs_and_is_healthy() {
    use api::DeploymentRolloutState::{Completed, InProgress};
    assert_eq!(
        state_of(&running(2, Completed), None),
        RolloutState::Succeeded
    );
    assert_eq!(
        state_of(&running(2, Completed), Some(&["healthy", "healthy"])),
        RolloutState::Succeeded
    );
    for (state, targets, says) in [
        (
            running(1, InProgress),
            &["initial"][..],
            "1 of 2 tasks running, target initial",
        ),
        (
            running(2, InProgress),
            &["healthy", "healthy"],
            "2 of 2 tasks running, targets: 2 healthy",
        ),
        (
            running(2, Completed),
            &["healthy", "initial"],
            "2 of 2 tasks running, targets: 1 healthy, 1 initial",
        ),
    ] {
        assert_eq!(
            state_of(&state, Some(targets)),
            RolloutState::InProgress(says.to_owned())
        );
    }
}

#[test]
fn a_service_that_was_rolled_back_is_stable_and_bad() {
    let back = Observed {
        task: OLD,
        ..running(2, api::DeploymentRolloutState::Completed)
    };
    let RolloutState::Failed(what) = state_of(&back, None) else {
        panic!("rolled back is not good");
    };
    assert!(what == "app:2 does not run: app:1 does", "{what}");
}

#[test]
fn a_deployment_whose_tasks_fail_is_bad_before_the_time_is_over() {
    use api::DeploymentRolloutState::{Failed, InProgress};
    assert!(matches!(
        state_of(&running(0, Failed), None),
        RolloutState::Failed(_)
    ));
    let failing = |failures, running_now| Observed {
        failures,
        ..running(running_now, InProgress)
    };
    assert!(matches!(
        state_of(&failing(3, 1), None),
        RolloutState::Failed(_)
    ));
    assert!(matches!(
        state_of(&failing(2, 0), None),
        RolloutState::InProgress(_)
    ));
    assert!(matches!(
        state_of(&failing(3, 3), None),
        RolloutState::InProgress(_)
    ));
    for (desired, failures) in [(0, 3), (1, 3), (6, 3), (7, 4), (20, 10), (1000, 200)] {
        assert_eq!(tolerated(desired), failures, "{desired}");
    }
}

#[test]
fn a_read_from_before_the_change_is_not_judged() {
    let at = |seconds, task: &str, desired| {
        let deployment = api::Deployment::builder()
            .status("PRIMARY")
            .task_definition(task)
            .created_at(DateTime::from_secs(seconds))
            .running_count(desired)
            .rollout_state(api::DeploymentRolloutState::Completed)
            .build();
        api::Service::builder()
            .desired_count(desired)
            .running_count(desired)
            .deployments(deployment)
            .build()
    };
    let after = After {
        deployment: Some(DateTime::from_secs(100)),
        service: Some(DateTime::from_secs(50)),
        count: None,
    };
    assert!(after.is_before(Some(DateTime::from_secs(49))));
    assert!(!after.is_before(Some(DateTime::from_secs(50))) && !after.is_before(None));
    let of =
        |service: &api::Service, after: &After| rollout_state(service, ASKED, after, None, None);
    let begins = RolloutState::InProgress("its deployment begins".to_owned());
    assert_eq!(of(&at(99, OLD, 1), &after), begins);
    assert_eq!(of(&at(99, ASKED, 1), &after), begins, "started anew");
    assert_eq!(of(&at(100, ASKED, 1), &after), RolloutState::Succeeded);
    // A newer one that is not what was asked for is a rollback, or somebody else's.
    assert!(matches!(
        of(&at(101, OLD, 1), &after),
        RolloutState::Failed(_)
    ));
    let scaled = After {
        count: Some(1),
        ..After::default()
    };
    assert_eq!(of(&at(99, ASKED, 1), &scaled), begins);
    assert_eq!(of(&at(99, ASKED, 2), &scaled), RolloutState::Succeeded);
}

#[test]
fn the_service_deployment_tells_a_rollback_to_the_same_revision() {
    use api::ServiceDeploymentStatus as Status;
    let of = |status: Status| {
        let of = api::ServiceDeployment::builder().status(status);
        let state = Observed {
            of: Some(of.status_reason("circuit breaker").build()),
            ..running(2, api::DeploymentRolloutState::Completed)
        };
        state_of(&state, None)
    };
    assert_eq!(of(Status::Successful), RolloutState::Succeeded);
    assert!(matches!(
        of(Status::InProgress),
        RolloutState::InProgress(_)
    ));
    let RolloutState::Failed(what) = of(Status::RollbackSuccessful) else {
        panic!("rolled back is not good");
    };
    assert_eq!(
        what,
        "app:2 does not run: its deployment was rolled back: circuit breaker"
    );
}

#[test]
fn none_wanted_is_good_when_none_runs() {
    let none = |now| Observed {
        desired: 0,
        ..running(now, api::DeploymentRolloutState::Completed)
    };
    assert_eq!(state_of(&none(0), None), RolloutState::Succeeded);
    assert_eq!(
        state_of(&none(1), None),
        RolloutState::InProgress("1 task stopping".to_owned())
    );
}
