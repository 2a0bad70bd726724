# A stack may cost so much a month at most, by its estimate; what has no known price is not in that. Another ceiling
# is `data.settings.ceiling_usd`.
package main

import rego.v1

deny contains message if {
	input.cost.monthly.high > ceiling
	message := sprintf("the stack would cost $%v a month, and the ceiling is $%v", [input.cost.monthly.high, ceiling])
}

# Without an estimate nobody knows that it keeps to the ceiling.
deny contains "the plan has no estimate of its cost" if not estimated

estimated if input.cost.monthly.high >= 0

ceiling := data.settings.ceiling_usd if {
	data.settings.ceiling_usd
} else := 1000
