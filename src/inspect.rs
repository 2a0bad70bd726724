//! How a running stack is, and what leads into it: status, logs, shells, one-off tasks, tunnels. Changes
//! nothing of the stack.

pub mod bill;
pub mod estimates;
pub mod exec;
pub mod logs;
pub mod lost_data;
pub mod price_list;
pub mod run;
pub mod running;
pub mod session_manager_plugin;
pub mod status;
pub mod tunnel;
