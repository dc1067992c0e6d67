"""Does a run know the images it is tested on? Judged on what it was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tlstudio.domain.images import Split
from tlstudio.domain.leaks import Leak, LeakKind
from tlstudio.domain.progress import Cancel
from tlstudio.services._likeness import Likeness, identical_and_group_leaks
from tlstudio.storage.images import ImageHash

Row = dict[str, Any]


def find(
    tested: Sequence[Row], learned: Sequence[Row], split: Split, cancel: Cancel | None = None
) -> tuple[list[Leak], list[Leak]]:
    """(leaks that block figures, near duplicates that warn) between `tested`, which are looked
    at as `split`, and what was learned from. Rows are those of a snapshot, with the `group_now`
    that some are of as well."""
    near = Likeness(_all_hashes(tested, learned, split), cancel).leaks()
    return blocking(tested, learned, split), [k for k in near if k.touches(split)]


def blocking(tested: Sequence[Row], learned: Sequence[Row], split: Split) -> list[Leak]:
    """Only the leaks that block figures."""
    rows = _all_hashes(tested, learned, split)
    again = [
        replace(each, group=row["group_now"])
        for each, row in zip(rows, [*tested, *learned], strict=True)
        if row.get("group_now")
    ]
    return [k for k in identical_and_group_leaks(rows, again) if k.touches(split)]


def facts(split: Split, leaks: Sequence[Leak]) -> dict[str, Any]:
    """Parameters of the refusal."""
    groups = [leak.group for leak in leaks if leak.kind is LeakKind.GROUP]
    made = sum(leak.kind is LeakKind.CONTENT for leak in leaks)
    example = groups[0] if groups else leaks[0].names[0]
    return {
        "split": split.value,
        "count": len(leaks),
        "identical": len(leaks) - len(groups) - made,
        "made": made,
        "groups": len(groups),
        "example": example,
    }


def _all_hashes(tested: Sequence[Row], learned: Sequence[Row], split: Split) -> list[ImageHash]:
    rows = [_hashes(row, split) for row in tested]
    return rows + [_hashes(row, Split(row["split"])) for row in learned]


def _hashes(row: Row, split: Split) -> ImageHash:
    return ImageHash(
        row["image"],
        row["pixel_hash"],
        row["near_hash"],
        split,
        row["group"],
        row["path"],
        bool(row.get("synthetic")),
        str(row.get("content_hash") or ""),
    )
