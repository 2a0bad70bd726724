//! A service as it stands, for verbs that change one; and where the file says something of it.

use super::Common;
use super::session::Session;
use crate::engine::Observed;
use crate::exit::{Exit, Stop};
use crate::operate::standing::Standing;
use crate::stack::{Service, line_of};

impl Common {
    /// ` (deploy.toml:12)`, where the file writes what `path` names.
    pub(super) fn line(&self, path: &[&str]) -> String {
        let source = std::fs::read_to_string(&self.file).unwrap_or_default();
        line_of(&source, path)
            .map(|line| format!(" ({}:{line})", self.file))
            .unwrap_or_default()
    }
}

impl Session {
    /// A service of the stack as it stands. Whether its database may be on its way back from a backup,
    /// `away`, is for the caller to say: a change that migrates it must know it.
    ///
    /// # Errors
    /// When it is not there, with the command that brings it up.
    pub(super) async fn standing(
        &self,
        common: &Common,
        service: &Service,
        away: bool,
    ) -> Result<Standing, Stop> {
        let observed = self.observe().await;
        self.standing_in(&observed, common, service, away).await
    }

    /// The same among what was observed.
    ///
    /// # Errors
    /// As [`Self::standing`].
    pub(super) async fn standing_in(
        &self,
        observed: &Observed,
        common: &Common,
        service: &Service,
        away: bool,
    ) -> Result<Standing, Stop> {
        let name = &service.name;
        let conflicts = observed.conflicts.iter();
        if let Some(other) = conflicts
            .into_iter()
            .find(|one| one.address.kind() == "service" && one.address.name() == name)
        {
            let what = format!("`{}` does not belong to this stack", other.id);
            return Err(Stop::new(Exit::Refused, what));
        }
        if let Some(unread) = observed
            .unread
            .iter()
            .find(|unread| unread.kind == "service" || !away && unread.kind == "db-instance")
        {
            let what = format!("cannot read what there is of {}", unread.kind);
            return Err(Stop::fault(&what, &unread.fault));
        }
        let read = Standing::read(&self.cloud, &self.stack, &observed.found, name).await;
        read.map_err(|stop| match stop.hint {
            Some(_) => stop,
            None => stop.hint(format!("`{}` brings it up", common.command("up"))),
        })
    }
}
