"""What a command given to RunTask writes and how it ends: a very small shell."""

import shlex

SHELLS = ("sh", "/bin/sh", "bash", "/bin/bash")


def outcome(command):
    """(lines, exit code) of `echo`, `true`, `false` and `exit N`, alone or joined by `;` in a
    shell; None for a command that cannot be acted out here."""
    # What follows the script are its positional parameters: the words of a command behind an entry
    # point of `sh -c` are lost but for the first.
    in_shell = len(command) > 2 and command[0] in SHELLS and command[1] == "-c"
    try:
        script = [shlex.split(part) for part in command[2].split(";")] if in_shell else [command]
    except ValueError:
        return None
    lines, code = [], 0
    for words in filter(None, script):
        if words[0] == "echo":
            lines.append(" ".join(words[1:]))
            code = 0
        elif words in (["true"], ["false"]):
            code = int(words == ["false"])
        elif words[0] == "exit" and len(words) == 2 and words[1].isdigit():
            return lines, int(words[1]) % 256
        else:
            return None
    return lines, code


def override(settings, name):
    """The command that RunTask gave a container, or None."""
    for asked in settings.get("overrides", {}).get("containerOverrides", []):
        if asked.get("name") == name and asked.get("command"):
            return asked["command"]
    return None
