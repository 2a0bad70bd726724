//! What an estimate takes for granted, and the budget.

use serde::Serialize;

/// `[cost]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cost {
    /// US dollars a month that the stack may cost; `None` is no budget.
    pub budget: Option<u32>,
    /// What is done where the estimate is above the budget.
    pub over_budget: OverBudget,
    /// What the estimate takes for granted.
    pub usage: Usage,
}

/// What is done where the estimate is above the budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OverBudget {
    /// `plan` and `up` say it.
    Warn,
    /// `up` begins nothing that makes the stack dearer, and `plan` ends with 3.
    Refuse,
}

/// What a month is taken to have of what AWS bills by use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// Hours that everything runs.
    pub hours: u32,
    /// Gigabytes through the NAT gateways.
    pub nat_gb: u32,
    /// Capacity units (LCU) that the load balancer uses on average.
    pub load_balancer_lcu: u32,
    /// Gigabytes of logs that are written.
    pub logs_gb: u32,
    /// Gigabytes in the buckets.
    pub storage_gb: u32,
    /// Gigabytes of images in the registry.
    pub images_gb: u32,
    /// Gigabytes of the database's backups beyond the size of its storage, which is free.
    pub backup_gb: u32,
    /// Million requests that the web ACL looks at.
    pub million_requests: u32,
}

impl Default for Usage {
    /// A small team: most of these are a few dollars, and none is hidden.
    fn default() -> Self {
        Self {
            // What AWS's own calculator counts with: 365 days of 24 hours by 12.
            hours: 730,
            nat_gb: 50,
            load_balancer_lcu: 1,
            logs_gb: 5,
            storage_gb: 20,
            images_gb: 5,
            backup_gb: 0,
            million_requests: 1,
        }
    }
}
