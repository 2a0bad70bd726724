# Nothing that holds data is deleted or replaced on a Friday, in UTC. `data.settings.now_ns` is another time than
# now, for tests: nanoseconds since 1970 began.
package main

import rego.v1

deny contains message if {
	weekday == "Friday"
	some action in input.actions
	action.holds_data
	action.action in {"delete", "replace"}
	message := sprintf("%s holds data, and a %s has to wait until Monday", [action.address, action.action])
}

weekday := time.weekday(data.settings.now_ns) if {
	data.settings.now_ns
} else := time.weekday(time.now_ns())
