"""What became of each true and each found thing in an image, for screens and reports.

The verdicts follow one rule everywhere: a hit is right in place and label; a wrong label is
right in place alone; what is left is a miss (true, not found) or a false alarm (found, not true).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Verdict(StrEnum):
    """`IGNORED` is a found box that took a crowd, or the crowd itself; it counts nowhere."""

    HIT = "hit"
    MISS = "miss"
    FALSE_ALARM = "false_alarm"
    WRONG_LABEL = "wrong_label"
    IGNORED = "ignored"


SURE = 0.25
"""Boxes below this confidence are not shown while a run has no threshold of its own yet."""

Box = tuple[float, float, float, float]
"""x, y, width and height in pixels of the image."""


@dataclass(frozen=True, slots=True)
class TrueBox:
    """`partner` is the place, in the found boxes shown, of the one that took it."""

    box: Box
    label: str
    verdict: Verdict
    partner: int | None = None
    crowd: bool = False


@dataclass(frozen=True, slots=True)
class FoundBox:
    """`partner` is the place of the true box it took, `overlap` their intersection over union."""

    box: Box
    label: str
    confidence: float
    verdict: Verdict
    partner: int | None = None
    overlap: float | None = None


@dataclass(frozen=True, slots=True)
class DetectionOutcome:
    """An image's true boxes beside those found at one threshold."""

    image: int
    path: str
    width: int
    height: int
    truth: tuple[TrueBox, ...]
    found: tuple[FoundBox, ...]
    frame: int = 0

    def count(self, verdict: Verdict) -> int:
        """How many: hits, misses and wrong labels of true boxes, false alarms of found ones."""
        boxes = self.found if verdict is Verdict.FALSE_ALARM else self.truth
        return sum(box.verdict is verdict for box in boxes)

    @property
    def errors(self) -> int:
        """Misses, false alarms and wrong labels together."""
        wrong = (Verdict.MISS, Verdict.FALSE_ALARM, Verdict.WRONG_LABEL)
        return sum(self.count(verdict) for verdict in wrong)

    def counts(self) -> dict[str, tuple[int, int]]:
        """True and found boxes of each label that occurs, without what is ignored."""
        true = Counter(b.label for b in self.truth if b.verdict is not Verdict.IGNORED)
        found = Counter(b.label for b in self.found if b.verdict is not Verdict.IGNORED)
        return {name: (true[name], found[name]) for name in sorted({*true, *found})}


@dataclass(frozen=True, slots=True)
class Region:
    """Pixels of one label in an image: `rle` is COCO's compressed counts over the whole image,
    `confidence` the model's mean probability there, None for the truth."""

    label: str
    rle: str
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class SegmentationOutcome:
    """An image's true regions beside those found, one of each label at most.

    `void` are the pixels that count nowhere. `dice` is the mean over the labels that are true
    or found in the image, None where there are none; `label_dice` has each of them.
    """

    image: int
    path: str
    width: int
    height: int
    truth: tuple[Region, ...]
    found: tuple[Region, ...]
    dice: float | None
    label_dice: Mapping[str, float] = field(default_factory=dict)
    void: str | None = None
    frame: int = 0
