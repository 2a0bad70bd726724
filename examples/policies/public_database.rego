# No database can be reached from the internet: not by an address of its own, and not through a rule that
# somebody has added to its security group.
package main

import rego.v1

deny contains message if {
	some action in input.actions
	action.kind == "db-instance"
	some change in action.changes
	change.path == "public"
	change.after == true
	message := sprintf("%s would get a public address", [action.address])
}

deny contains message if {
	some extra in input.unmanaged
	extra.address == "security-group/database"
	extra.open
	not extra.removed
	message := sprintf("%s is open to the internet, and the plan leaves it: %s", [extra.address, extra.what])
}
