"""GetResources answers from an index that is minutes behind: for new objects, tag values and deleted ones.

Facts, tagging: "knows what is deleted for some minutes more; new objects come late".
"""

from __future__ import annotations

from moto.resourcegroupstaggingapi.responses import ResourceGroupsTaggingAPIResponse

from ..core import wire
from ..services import tagging
from ..lag import NOW
from ..core.late import Rule

INDEX = Rule("tagging", ("GetResources",), "", 180, 3, "facts, tagging: minutes, for values, new and deleted objects")


def install(sandbox, journals) -> None:
    """Watches every change of every service, and lets GetResources see them late."""
    late, known = sandbox.late, {}
    late.on_forget(known.clear)

    def all_of(region: str) -> dict:
        return {arn: (kind, tags) for kind, arn, tags in tagging.tagged(sandbox.account, region)}

    def before(call) -> None:
        # Later on, what there was after the change before this one.
        if call.region not in known:
            known[call.region] = all_of(call.region)

    def after(call) -> None:
        was, known[call.region] = known[call.region], all_of(call.region)
        if late.span(INDEX) is not None:
            journals.of(INDEX, call.region).note(was, known[call.region])

    late.watcher(before, after)

    @wire.around(ResourceGroupsTaggingAPIResponse, "GetResources")
    def get(response, original):
        if not late.on or late.span(INDEX) is None:
            return original(response)
        sent, journal = wire.sent(response), journals.of(INDEX, response.region)
        tagging.check(sent)
        now = {arn: (kind, tags) for kind, arn, tags in tagging.tagged(response.current_account, response.region)}
        shown = []
        for arn in now.keys() | set(journal.keys()):
            was, there = journal.as_it_was(late, INDEX, arn, look=True), now.get(arn)
            seen = there if was is NOW else was
            if any(item and tagging.asked_for(item[0], arn, item[1], sent) for item in (seen, there)):
                journal.as_it_was(late, INDEX, arn)
            if seen:
                shown.append((seen[0], arn, seen[1]))
        return wire.Answer(tagging.answer(shown, sent))
