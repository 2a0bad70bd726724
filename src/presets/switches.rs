//! Variables by which a file takes away what its deployment relies on.

use crate::stack::{Service, Value};

/// A variable, the value at which something is lost, and what that is. The value counts as the workload reads
/// it: whatever its case, and with blanks around it.
pub(super) type Switch = (&'static str, &'static str, &'static str);

/// One sentence for each switch that a service has at that value.
pub(super) fn lost(service: &Service, switches: &[Switch]) -> Vec<String> {
    let off = |(variable, off, lost): &Switch| {
        let value = service.environment.get(*variable);
        let is_asked =
            matches!(value, Some(Value::Text(text)) if text.trim().eq_ignore_ascii_case(off));
        is_asked.then(|| {
            format!(
                "service.{}.environment.{variable} is \"{off}\": {lost}",
                service.name
            )
        })
    };
    switches.iter().filter_map(off).collect()
}
