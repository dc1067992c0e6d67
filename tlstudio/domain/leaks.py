"""Leaks: the same thing on both sides of a split, so that a figure flatters the model."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tlstudio.domain.images import Split


class LeakKind(StrEnum):
    """The same pixels; a picture and what was made from it; the same group; near duplicates."""

    IDENTICAL = "identical"
    CONTENT = "content"
    GROUP = "group"
    NEAR = "near"


@dataclass(frozen=True, slots=True)
class Leak:
    """Images in different splits that must not be, or perhaps should not be (near).

    `images` are ids, sorted; `names` their paths, in the same order; `splits` those concerned,
    train before val before test.
    """

    kind: LeakKind
    splits: tuple[Split, ...]
    images: tuple[int, ...]
    group: str | None = None
    names: tuple[str, ...] = ()

    @property
    def blocks(self) -> bool:
        """Whether figures on these splits are refused; near duplicates only warn."""
        return self.kind is not LeakKind.NEAR

    def touches(self, split: Split) -> bool:
        return split in self.splits

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind.value,
            "blocks": self.blocks,
            "splits": [split.value for split in self.splits],
            "group": self.group,
            "images": list(self.names) or list(self.images),
        }


ORDER = tuple(Split)


def in_order(splits: Iterable[Split]) -> tuple[Split, ...]:
    """The distinct splits, train before val before test."""
    return tuple(sorted(set(splits), key=ORDER.index))
