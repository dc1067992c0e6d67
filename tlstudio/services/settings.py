"""Settings of the program, and the projects opened lately."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tlstudio.storage import paths
from tlstudio.storage import settings as store
from tlstudio.storage.clock import now

_MOST_RECENT = 20


@dataclass(frozen=True, slots=True)
class RecentProject:
    """A project opened before; `opened_at` is ISO 8601 in UTC."""

    folder: Path
    name: str
    opened_at: str
    exists: bool


def setting(name: str, default: Any = None) -> Any:
    """One setting, `default` where it was never set."""
    return store.load().get(name, default)


def set_setting(name: str, value: Any) -> None:
    """Keep one setting; None forgets it. The value must fit JSON."""

    def edit(data: dict[str, Any]) -> None:
        if value is None:
            data.pop(name, None)
        else:
            data[name] = value

    store.change(edit)


def recent_projects() -> list[RecentProject]:
    """The projects opened lately, newest first; those that are gone say so."""
    found = []
    for entry in _entries(store.load()):
        folder = Path(entry["folder"])
        exists = paths.database(folder).is_file()
        found.append(RecentProject(folder, entry["name"], entry["opened_at"], exists))
    return found


def remember_recent(folder: Path, name: str) -> None:
    """Put a project at the top of the list."""

    def edit(data: dict[str, Any]) -> None:
        others = [entry for entry in _entries(data) if entry["folder"] != str(folder)]
        newest = {"folder": str(folder), "name": name, "opened_at": now()}
        data["recent"] = [newest, *others][:_MOST_RECENT]

    store.change(edit)


def forget_recent(folder: Path) -> None:
    """Take a project off the list; the project itself stays."""

    def edit(data: dict[str, Any]) -> None:
        data["recent"] = [entry for entry in _entries(data) if entry["folder"] != str(folder)]

    store.change(edit)


def _entries(data: dict[str, Any]) -> list[dict[str, str]]:
    """The list as stored, without what another program may have put there."""
    entries = data.get("recent", [])
    keys = ("folder", "name", "opened_at")
    if not isinstance(entries, list):
        return []
    return [
        entry
        for entry in entries
        if isinstance(entry, dict) and all(isinstance(entry.get(key), str) for key in keys)
    ]
