"""One writer per project: the lock on project/lock, and who holds it."""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import socket
from pathlib import Path

from filelock import FileLock, Timeout

from tlstudio.storage import drives, paths
from tlstudio.storage.clock import now

FOLDER = "project.reason.folder"
"""The reason where a project cannot be written."""


def login_name() -> str:
    """The name of the person at this computer, empty where the system does not tell."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""


class WriteLock:
    """Held from acquire to release; the system frees it when the program dies."""

    def __init__(self, folder: Path) -> None:
        self._notes = folder / "lock.owner"
        self._lock = FileLock(paths.lock(folder), thread_local=False)

    def acquire(self) -> bool:
        """Take the lock without waiting; False where another window or program holds it.

        Raises OSError where the lock's file cannot be written, such as that of another user.
        """
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            return False
        owner = {
            "user": login_name(),
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "since": now(),
        }
        with contextlib.suppress(OSError):
            self._notes.write_text(json.dumps(owner), encoding="utf-8")
        return True

    def release(self) -> None:
        if self._lock.is_locked:
            with contextlib.suppress(OSError):
                self._notes.unlink(missing_ok=True)
            self._lock.release()


def holder(folder: Path) -> str:
    """Who holds the lock, as "user on host", as far as is known; else empty."""
    try:
        owner = json.loads((folder / "lock.owner").read_text(encoding="utf-8"))
        return f"{owner['user']} on {owner['host']} (process {owner['pid']})"
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def why_read_only(folder: Path, lock: WriteLock, *, asked: bool) -> tuple[str, dict[str, object]]:
    """Code and parameters of the reason, "" where the lock was taken. Where the database or the
    lock is a file of another user's, that is as if the folder could not be written."""
    own = (paths.database(folder), paths.lock(folder))
    if not drives.writable(folder) or not all(map(drives.may_change, own)):
        return FOLDER, {}
    if asked:
        return "project.reason.asked", {}
    try:
        taken = lock.acquire()
    except OSError:
        return FOLDER, {}
    return ("", {}) if taken else ("project.reason.locked", {"who": holder(folder) or "?"})
