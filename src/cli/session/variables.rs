//! The values that the file takes from variables of the operator's environment.

use crate::aws::Inputs;
use crate::engine::{self, Address};
use crate::resources::Secret;

/// The variables of the operator's environment that the file names, and no other.
pub(super) fn inputs(named: &[(Address, String)]) -> Inputs {
    let held = named
        .iter()
        .filter_map(|(_, variable)| Some((variable.clone(), std::env::var(variable).ok()?)));
    Inputs::new(held.collect())
}

/// Says of each secret that gets its value from this machine which variable it is.
pub(super) fn name_variables(plan: &mut engine::Plan, inputs: &[(Address, String)]) {
    for item in &mut plan.items {
        let variable = inputs.iter().find(|(address, _)| *address == item.address);
        if let Some((_, variable)) = variable.filter(|_| Secret::is_given_value(item)) {
            let note =
                format!("its value comes from the environment variable {variable} of this machine");
            item.notes.push(note.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::inputs;
    use crate::engine::Address;

    #[test]
    fn only_variables_that_the_file_names_are_read() {
        let address = Address::parse("secret/one").expect("an address");
        let held = inputs(&[(address.clone(), "PATH".to_owned())]);
        assert!(held.get("PATH").is_ok());
        // It is set wherever tests run.
        assert!(std::env::var("CARGO_MANIFEST_DIR").is_ok());
        assert!(held.get("CARGO_MANIFEST_DIR").is_err());
    }
}
