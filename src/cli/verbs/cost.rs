//! `ajuda deploy cost`: what does the stack cost a month?

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::aws::Place;
use crate::aws::timestamp::Timestamp;
use crate::cli::apply::incomplete;
use crate::cli::estimate;
use crate::cli::options::Common;
use crate::cli::session::Session;
use crate::cli::stack_file::read;
use crate::command_error::CommandError;
use crate::cost::{Budget, Estimate, Meter, Prices, budget, wanted};
use crate::engine::Observed;
use crate::exit::Exit;
use crate::inspect::bill::{self, Month};
use crate::inspect::price_list;
use crate::regions;
use crate::render::{self, Console, json};
use crate::stack::Stack;
use crate::steps::{self, Choice};

/// Estimate what the stack costs a month, line by line
///
/// Without a flag it needs no account: it is the file, by the table of prices that is built in, with the day and the
/// source of each price. What has no known price is said to be unknown.
///
/// Example: ajuda deploy cost --output json | jq .cost.monthly
#[derive(Debug, Args)]
pub struct Cost {
    #[command(flatten)]
    pub(super) common: Common,
    /// Estimate what runs, not the file, and show what AWS billed; asking Cost Explorer costs $0.01
    #[arg(long)]
    actual: bool,
    /// Read the prices from AWS's price list, for this run
    #[arg(long)]
    refresh: bool,
    /// Write the refreshed table of prices to this file
    #[arg(long, value_name = "FILE", requires = "refresh")]
    write: Option<PathBuf>,
}

impl Cost {
    pub(super) async fn run(self, console: &Console) -> Result<Exit, CommandError> {
        if !self.actual && !self.refresh {
            return self.offline(console);
        }
        let session = Session::open(&self.common, console, &[], BTreeSet::new()).await?;
        let observed = match self.actual {
            true => session.observe().await,
            false => Observed::default(),
        };
        if self.actual && observed.found.is_empty() && observed.unread.is_empty() {
            return Err(session.absent());
        }
        let mut sum = estimate::of(&session, &observed, Prices::built_in(), self.actual);
        if self.refresh {
            let table = self.refreshed(&session, &sum).await?;
            sum = estimate::of(&session, &observed, &table, self.actual);
            sum.refreshed = true;
            if let Some(path) = &self.write {
                write(path, &table)?;
                console.say(format!("wrote {}", path.display()));
            }
        }
        let limit = budget(&session.stack.cost, &sum);
        if !self.actual {
            self.show(console, None, &sum, limit.as_ref(), None);
            return Ok(Exit::Done);
        }
        let today: String = Timestamp::now().to_string().chars().take(10).collect();
        let billed = bill::read(&session.cloud, &today).await;
        let months = billed.as_ref().ok().map(Vec::as_slice);
        self.show(console, None, &sum, limit.as_ref(), Some(months));
        let unread = incomplete(console, &observed.unread, false);
        match billed {
            Ok(_) => Ok(unread.unwrap_or(Exit::Done)),
            Err(fault) => Err(CommandError::fault("cannot read what AWS billed", &fault)),
        }
    }

    /// By the file alone.
    fn offline(&self, console: &Console) -> Result<Exit, CommandError> {
        let (stack, _) = read(&self.common.file, console)?;
        let region = self.region(&stack)?;
        let place = Place {
            stack: stack.name.clone(),
            partition: regions::partition_of(&region).id.to_owned(),
            // Nothing that is billed depends on the account, and names of zones only on their number.
            account: "000000000000".to_owned(),
            zones: Vec::new(),
            region,
        };
        let graph = steps::declare(&stack, &place, &Choice::default()).graph;
        let things = wanted(&graph, &Observed::default());
        let sum = estimate::sum(&stack, &place.region, &things, Prices::built_in());
        let limit = budget(&stack.cost, &sum);
        self.show(console, Some(&stack.name), &sum, limit.as_ref(), None);
        Ok(Exit::Done)
    }

    fn region(&self, stack: &Stack) -> Result<String, CommandError> {
        let named = self.common.region.clone().or_else(|| stack.region.clone());
        let named = named.or_else(|| self.common.sandbox.then(|| "us-east-1".to_owned()));
        named.ok_or_else(|| {
            CommandError::error("the file names no region, and prices differ between regions")
                .hint("add region = \"us-east-1\" under [stack], or pass --region")
        })
    }

    /// The table with AWS's prices of what is billed.
    async fn refreshed(&self, session: &Session, sum: &Estimate) -> Result<Prices, CommandError> {
        let meters: BTreeSet<&Meter> = sum.lines.iter().map(|line| &line.meter).collect();
        let meters: Vec<Meter> = meters.into_iter().cloned().collect();
        let newer = price_list::read(&session.cloud, &meters)
            .await
            .map_err(|fault| CommandError::of("cannot read AWS's price list", &fault))?;
        Ok(Prices::built_in().renewed(&newer))
    }

    fn show(
        &self,
        console: &Console,
        stack: Option<&str>,
        sum: &Estimate,
        limit: Option<&Budget>,
        billed: Option<Option<&[Month]>>,
    ) {
        if console.is_json() {
            console.document(&json::costs(stack, sum, limit, billed));
            return;
        }
        let style = console.style();
        console.show(render::cost_lines(sum, limit, console.place(), style));
        if let Some(Some(months)) = billed {
            console.show(format!("\n{}", render::bill(months, style)));
        }
    }
}

fn write(path: &Path, table: &Prices) -> Result<(), CommandError> {
    std::fs::write(path, table.to_toml())
        .map_err(|error| CommandError::error(format!("cannot write {}: {error}", path.display())))
}
