"""How a worker is started: the one place that knows the command, frozen program included."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import tlstudio
from tlstudio.domain.libraries import KEYS_KEPT_BACK, ULTRALYTICS_OFF


def worker_command(job: Path) -> list[str]:
    """The command line that runs the job described in the file `job`."""
    if getattr(sys, "frozen", False):
        return [sys.executable, "worker", str(job)]
    return [sys.executable, "-m", "tlstudio", "worker", str(job)]


def worker_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Our environment, what lets the child find this very program from any folder, and what
    keeps its libraries from the network; `extra` comes over it."""
    env = {name: value for name, value in os.environ.items() if name not in KEYS_KEPT_BACK}
    env |= {"PYTHONUTF8": "1", "PYTHONFAULTHANDLER": "1", **ULTRALYTICS_OFF}
    env |= extra or {}
    # Threads that wait for each other by spinning starve one another where other programs want
    # the cores too: on two busy cores an epoch took five times as long as with short spins.
    env.setdefault("GOMP_SPINCOUNT", "1000")
    if not getattr(sys, "frozen", False):
        home = str(Path(tlstudio.__file__).resolve().parents[1])
        rest = env.get("PYTHONPATH")
        env["PYTHONPATH"] = home + os.pathsep + rest if rest else home
    return env
