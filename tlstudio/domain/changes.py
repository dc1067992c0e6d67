"""What an edit touched, so that each model reloads just that."""

from __future__ import annotations

from dataclasses import dataclass

_NONE: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Changes:
    """Ids touched, by kind. `everything` asks for a full reload (an import, a restore).

    `annotations` are of the images in `images`; some of them may be there no longer. `merged` are
    pairs of a label that has gone and the one it became.
    """

    images: frozenset[int] = _NONE
    labels: frozenset[int] = _NONE
    runs: frozenset[str] = frozenset()
    everything: bool = False
    undo_code: str = ""
    annotations: frozenset[str] = frozenset()
    merged: frozenset[tuple[int, int]] = frozenset()

    def __or__(self, other: Changes) -> Changes:
        return Changes(
            self.images | other.images,
            self.labels | other.labels,
            self.runs | other.runs,
            self.everything or other.everything,
            other.undo_code or self.undo_code,
            self.annotations | other.annotations,
            self.merged | other.merged,
        )
