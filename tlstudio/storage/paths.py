"""Names inside a project folder."""

from __future__ import annotations

from pathlib import Path

SUFFIX = ".tlproj"


def database(folder: Path) -> Path:
    return folder / "project.db"


def images(folder: Path) -> Path:
    return folder / "images"


def cache(folder: Path) -> Path:
    return folder / "cache"


def thumbnails(folder: Path) -> Path:
    return folder / "cache" / "thumbs.db"


def features(folder: Path) -> Path:
    return folder / "cache" / "features"


def snapshots(folder: Path) -> Path:
    return folder / "snapshots"


def runs(folder: Path) -> Path:
    return folder / "runs"


def run(folder: Path, run_id: str) -> Path:
    return folder / "runs" / run_id


def styles(folder: Path) -> Path:
    return folder / "styles"


def backups(folder: Path) -> Path:
    return folder / "backups"


def lock(folder: Path) -> Path:
    return folder / "lock"


def resolve(folder: Path, path: str) -> Path:
    """The file a source's path means: relative ones lie in the project folder."""
    return folder / path
