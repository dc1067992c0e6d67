"""Files that imports leave out, in words."""

from __future__ import annotations

from collections.abc import Sequence

from tlstudio.domain.images import Skipped
from tlstudio.ui.words import say, tr

MOST = 500  # lines shown: 20,000 would hold the window up for a tenth of a second


def reasons(skipped: Sequence[Skipped]) -> list[str]:
    """Which file and why, a line each."""
    return [say(item.reason, {**item.params, "file": item.file}) for item in skipped]


def first_of(lines: Sequence[str], total: int) -> str:
    """The first MOST of the lines, and how many of the `total` are not among them."""
    shown = list(lines[:MOST])
    if total > len(shown):
        shown.append(tr("and {n} more", n=f"{total - len(shown):,}"))
    return "\n".join(shown)
