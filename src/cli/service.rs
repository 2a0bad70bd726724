//! A service as it stands, for verbs that look at one or change one; and where the file says something of it.

use std::sync::Arc;

use aws_sdk_ecs::types as api;

use super::options::Common;
use super::session::Session;
use crate::aws::Cloud;
use crate::command_error::CommandError;
use crate::engine::Graph;
use crate::message::{commands, message};
use crate::rollout::dependencies::{Dependencies, database};
use crate::rollout::service_state::{ServiceState, find};
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
    /// A service as ECS has it.
    ///
    /// # Errors
    /// When it is not there, with the command that brings it up, or not the stack's.
    pub(super) async fn running_service(
        &self,
        service: &Service,
    ) -> Result<(api::Service, Arc<Graph<Cloud>>), CommandError> {
        let name = service.name.as_str();
        if let Some(there) = find(&self.cloud, &self.graph, name).await? {
            return Ok((there, Arc::clone(&self.graph)));
        }
        // One that was taken over or renamed keeps the name it had, and the index of tags tells which.
        let called = self.as_called().await;
        if !Arc::ptr_eq(&called, &self.graph)
            && let Some(there) = find(&self.cloud, &called, name).await?
        {
            return Ok((there, called));
        }
        let what = format!("the service {name} is not there, in {}", self.cloud.place);
        Err(CommandError::error(what).hint(message![commands::up(), " brings it up"]))
    }

    /// A service of the stack as it stands.
    ///
    /// # Errors
    /// As [`Self::running_service`], or when its revisions cannot be read.
    pub(super) async fn service_state(
        &self,
        service: &Service,
    ) -> Result<ServiceState, CommandError> {
        let (there, graph) = self.running_service(service).await?;
        ServiceState::read(&self.cloud, &graph, service, there).await
    }

    /// What a change of a service has to know beside it.
    ///
    /// # Errors
    /// As [`Dependencies::read`].
    pub(super) async fn surroundings(
        &self,
        state: &ServiceState,
    ) -> Result<Dependencies, CommandError> {
        Dependencies::read(&self.cloud, &self.graph, state).await
    }

    /// Refuses while the database of a service is on its way back from a backup.
    ///
    /// # Errors
    /// As [`database`].
    pub(super) async fn settled_database(&self, service: &Service) -> Result<(), CommandError> {
        database(&self.cloud, &self.graph, &service.name)
            .await
            .map(|_| ())
    }
}
