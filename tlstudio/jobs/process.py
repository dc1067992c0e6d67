"""Processes: knowing a child again after a restart, and ending it with all its children."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psutil

PROCESS = "process.json"


def separate() -> dict[str, Any]:
    """Arguments for Popen that give the child its own session or process group."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}


def remember(folder: Path, pid: int) -> None:
    """Record which process works in `folder`."""
    born = None
    with contextlib.suppress(psutil.Error):
        born = psutil.Process(pid).create_time()
    record = {"pid": pid, "created": born, "host": platform.node()}
    place = folder / PROCESS
    place.with_suffix(".tmp").write_text(json.dumps(record), "utf-8")
    place.with_suffix(".tmp").replace(place)


def find_alive(folder: Path) -> psutil.Process | None:
    """The process recorded in `folder` if it still lives on this machine, the same one."""
    try:
        record = json.loads((folder / PROCESS).read_text("utf-8"))
        if record["host"] != platform.node() or record["created"] is None:
            return None
        process = psutil.Process(int(record["pid"]))
        same = abs(process.create_time() - float(record["created"])) < 2.0
        alive = process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except (OSError, ValueError, KeyError, TypeError, psutil.Error):
        return None
    return process if same and alive else None


def descendants(pid: int) -> list[psutil.Process]:
    try:
        found: list[psutil.Process] = psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []
    return found


def end_group(pid: int) -> None:
    """Kill what is left of the process group that `pid` led; on Windows there is none."""
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            os.killpg(pid, signal.SIGKILL)


def kill_all(processes: Iterable[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.kill()
