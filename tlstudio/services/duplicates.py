"""Identical pixels and near duplicates, those across splits first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tlstudio.domain.images import Split
from tlstudio.domain.leaks import Leak, in_order
from tlstudio.domain.progress import Cancel, Progress, Step, silent
from tlstudio.services._likeness import (
    Likeness,
    across_first,
    identical_and_group_leaks,
    identical_sets,
)
from tlstudio.storage import images
from tlstudio.storage.images import ImageHash
from tlstudio.storage.project import Project


@dataclass(frozen=True, slots=True)
class DuplicateSet:
    """Images that are the same or nearly so: ids, their paths, and the splits they lie in."""

    images: tuple[int, ...]
    names: tuple[str, ...]
    splits: tuple[Split, ...]


@dataclass(frozen=True, slots=True)
class DuplicatesReport:
    """`near` sets may hold some identical images among others; sets across splits come first."""

    identical: tuple[DuplicateSet, ...]
    near: tuple[DuplicateSet, ...]
    leaks: tuple[Leak, ...]

    def to_json(self) -> dict[str, Any]:
        """The keys of `tlstudio duplicates --json`; sets as lists of paths."""
        return {
            "identical": [list(found.names) for found in self.identical],
            "near": [list(found.names) for found in self.near],
            "leaks": [leak.to_json() for leak in self.leaks],
        }


def find_duplicates(
    project: Project, progress: Progress = silent, cancel: Cancel | None = None
) -> DuplicatesReport:
    """Compare all images by their hashes; nothing is decoded."""
    progress(Step("data.stage.comparing", 0, None))
    with project.read() as db:
        rows = images.hashes(db)
    likeness = Likeness(rows, cancel)
    leaks = (*identical_and_group_leaks(rows), *likeness.leaks())
    progress(Step("data.stage.comparing", len(rows), len(rows)))
    return DuplicatesReport(_sets(identical_sets(rows)), _sets(likeness.sets()), leaks)


def _sets(found: list[list[ImageHash]]) -> tuple[DuplicateSet, ...]:
    return tuple(_set(rows) for rows in across_first(found))


def _set(rows: Sequence[ImageHash]) -> DuplicateSet:
    return DuplicateSet(
        tuple(row.image for row in rows),
        tuple(row.path for row in rows),
        in_order(row.split for row in rows if row.split is not None),
    )
