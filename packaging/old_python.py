"""The answer to a Python that cannot run the program; plain enough for any Python 3."""

import shutil

RANGE = "3.11 to 3.13"


def refusal(version: tuple, which=shutil.which) -> str:  # type: ignore[no-untyped-def, type-arg]
    """One line for the Python `version` (major, minor): what to type instead."""
    for minor in (12, 13, 11):
        name = "python3.%d" % minor  # noqa: UP031
        if which(name):
            way = "this machine has %s: start the same command with it" % name  # noqa: UP031
            break
    else:
        way = "install one of them (python.org, or your system's packages) and use that"
    return "error: TL Studio needs Python %s, and this is %d.%d; %s" % (RANGE, *version, way)  # noqa: UP031
