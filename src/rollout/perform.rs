//! A change as its stages: what there is to agree to, what progress counts, and carrying it out.

use super::change::{Change, TargetRevision, Waiting};
use super::deployment_plan::DeploymentPlan;
use super::rollback_tags;
use super::stages::{Performance, Stage, stages};
use crate::aws::Cloud;
use crate::engine::{
    Address, Class, Expected, Fault, Halted, Job, Resource, Schedule, Step, Workflow,
};
use crate::message::Message;
use crate::resources::DbInstance;
use crate::resources::ecs::task_definition::revision;

impl Change {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        stages(self).is_empty()
    }

    /// What will be done, for people and machines.
    pub fn deployment_plan(&self) -> DeploymentPlan {
        DeploymentPlan {
            service: self.state.name().to_owned(),
            revision: self.state.number(),
            image: self.state.revision.described_image(self.state.name()),
            to: match &self.to {
                TargetRevision::Same => Some(self.state.number()),
                TargetRevision::New(..) => None,
                TargetRevision::Old(old) => Some(revision(old.arn())),
            },
            changes: self.fields.clone(),
            stages: stages(self)
                .into_iter()
                .flat_map(|stage| stage.lines)
                .collect(),
            schedule: self.schedule_of(|_| true),
            warnings: self.warnings.clone(),
        }
    }

    /// How long carrying it out takes: its stages come one after the other.
    pub fn schedule(&self) -> Schedule {
        self.schedule_of(|stage| !stage.is_done())
    }

    fn schedule_of(&self, counts: impl Fn(&Stage<'_>) -> bool) -> Schedule {
        let all = stages(self).into_iter().filter(counts);
        Schedule::chain(all.map(|stage| {
            let estimate = stage.estimate(self);
            // The database goes back before the service moves.
            let address = match stage.is_done() {
                true => Address::new(DbInstance::KIND, "main"),
                false => stage.address,
            };
            (address, stage.verb, estimate)
        }))
    }

    /// The work that carrying it out is; an object that is worked on twice is in it twice.
    pub fn expected(&self) -> Vec<Expected> {
        let all = stages(self).into_iter();
        all.filter(|stage| !stage.is_done())
            .map(|stage| Expected {
                address: stage.address,
                step: "app",
                many: 1,
            })
            .collect()
    }

    /// Carries it out. `way_back` says what undoes it, for the report of a failure.
    ///
    /// # Errors
    /// When a step failed, which the report tells.
    pub async fn carry_out(
        &self,
        workflow: &mut Workflow<Cloud>,
        waiting: Waiting,
        way_back: &Message,
    ) -> Result<(), Halted> {
        let with = Performance::new(self, waiting, way_back);
        let mut ended = Ok(());
        for stage in stages(self) {
            let failed = |fault: &Fault| fault.class == Class::Failed;
            let ends = stage.is_end() && workflow.fault().is_some_and(failed);
            if stage.is_done() || ended.is_err() && !ends {
                continue;
            }
            let (address, pace) = (stage.address.clone(), stage.pace(&with));
            let perform = async |step: &Step<Cloud>| stage.perform(step, &with).await;
            let done = workflow.step(address, stage.verb, pace, perform).await;
            ended = ended.and(done);
        }
        ended
    }

    /// Notes that it is begun, before its first change, where the same command could not tell from what
    /// is there.
    ///
    /// # Errors
    /// The fault of a call: nothing was changed.
    pub async fn begin(&self, job: &Job<Cloud>) -> Result<(), Fault> {
        if rollback_tags::is_noted(self) {
            rollback_tags::begin(job, self).await?;
        }
        Ok(())
    }
}
