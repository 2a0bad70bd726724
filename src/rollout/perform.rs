//! A change as its stages: what there is to agree to, what progress counts, and carrying it out.

use super::change::{Change, Waiting};
use super::rollback_tags;
use super::stages::{Performance, ServiceStage, stages};
use crate::aws::Cloud;
use crate::engine::{Fault, Halted, Job, Plan, StagedChange, Subject, Workflow};
use crate::message::Message;
use crate::resources::ecs::task_definition::revision;

impl Change {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        stages(self).is_empty()
    }

    /// What will be done.
    pub fn plan(&self) -> Plan {
        Plan::of_stages(self.staged(|_| true))
    }

    /// What [`Change::carry_out`] does of that: a database has gone back before.
    pub fn remaining(&self) -> Plan {
        Plan::of_stages(self.staged(|stage| !stage.is_done()))
    }

    /// The number of the revision that is to run; `None` for one that is not registered yet.
    pub fn target(&self) -> Option<i32> {
        self.revision().map(revision)
    }

    fn staged(&self, counts: impl Fn(&ServiceStage<'_>) -> bool) -> StagedChange {
        StagedChange {
            subject: Subject::Service {
                name: self.state.name().to_owned(),
                revision: self.state.number(),
                image: self.state.revision.described_image(self.state.name()),
                to: self.target(),
            },
            changes: self.fields.clone(),
            stages: stages(self)
                .into_iter()
                .filter(counts)
                .map(|stage| stage.planned)
                .collect(),
            warnings: self.warnings.clone(),
        }
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
        let mut remaining = stages(self);
        remaining.retain(|stage| !stage.is_done());
        let with = Performance::new(self, waiting, way_back);
        workflow.carry_out(&remaining, &with).await
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
