"""The images on which two runs differ, as a strip shows them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from tlstudio.domain.outcomes import DetectionOutcome, SegmentationOutcome
from tlstudio.ui.widgets.outcome_marks import draw_small
from tlstudio.ui.widgets.strip import StripItem
from tlstudio.ui.words import count, tr

if TYPE_CHECKING:
    from tlstudio.services.comparing import ImagePair

ALL, SECOND, FIRST = "all", "second", "first"


def chosen(pairs: Sequence[ImagePair], which: str, label: str | None = None) -> list[ImagePair]:
    """Those of `pairs` where the wanted run does better, and that have to do with `label`."""
    sign = {ALL: 0, SECOND: 1, FIRST: -1}[which]
    return [
        pair
        for pair in pairs
        if (not sign or sign * pair.gain > 0) and (label is None or label in _labels(pair))
    ]


def _labels(pair: ImagePair) -> set[str]:
    """The labels that either run or the truth names in the image."""
    found: set[str] = set()
    for item in (pair.first, pair.second):
        if isinstance(item, DetectionOutcome | SegmentationOutcome):
            found |= {each.label for each in (*item.truth, *item.found)}
        else:
            found |= {item.truth, item.predicted}
    return found


def words_of(
    pairs: Sequence[ImagePair], which: str, label: str | None, runs: tuple[str, str]
) -> str:
    """What the strip shows."""
    about = tr(" with {label}", label=label) if label is not None else ""
    if which == ALL:
        return count(len(pairs), "They differ on {n} image{about}",
                     "They differ on {n} images{about}", about=about)  # fmt: skip
    run = runs[1] if which == SECOND else runs[0]
    return count(len(pairs), "{run} does better on {n} image{about}",
                 "{run} does better on {n} images{about}", run=run, about=about)  # fmt: skip


def strip_items(pairs: Iterable[ImagePair], runs: tuple[str, str]) -> list[StripItem]:
    """Each image with both answers; boxes and regions as the second run found them."""
    return [_told(pair, runs) for pair in pairs]


def _told(pair: ImagePair, runs: tuple[str, str]) -> StripItem:
    one, two = pair.first, pair.second
    if isinstance(two, DetectionOutcome) and isinstance(one, DetectionOutcome):
        was = one.errors
        words = count(two.errors, "{was} → {n} error", "{was} → {n} errors", was=was)
        tip = _lines(pair, [_errors(run, item) for run, item in zip(runs, (one, two), strict=True)])
        return StripItem(pair.image, words, tip, partial(draw_small, outcome=two))
    if isinstance(two, SegmentationOutcome) and isinstance(one, SegmentationOutcome):
        words = tr("Dice {one} → {two}", one=_dice(one), two=_dice(two))
        tip = _lines(pair, [f"{run}: Dice {_dice(item)}"
                            for run, item in zip(runs, (one, two), strict=True)])  # fmt: skip
        return StripItem(pair.image, words, tip, partial(draw_small, outcome=two))
    return _class_told(pair, one, two, runs)


def _class_told(pair: ImagePair, one: Any, two: Any, runs: tuple[str, str]) -> StripItem:
    words = f"{_sign(pair.gain)} {one.predicted} → {two.predicted}"
    seen = [
        tr("{run}: {label} ({confidence})", run=run, label=item.predicted,
           confidence=f"{item.confidence:.0%}")
        for run, item in zip(runs, (one, two), strict=True)
    ]  # fmt: skip
    return StripItem(pair.image, words, _lines(pair, [tr("Is {truth}", truth=two.truth), *seen]))


def _sign(gain: float) -> str:
    """A tick where the second run is right, a cross where it no longer is, else neither."""
    return "✓" if gain > 0 else "✗" if gain < 0 else "–"


def _errors(run: str, item: DetectionOutcome) -> str:
    return f"{run}: " + count(item.errors, "{n} error", "{n} errors")


def _dice(item: SegmentationOutcome) -> str:
    return "–" if item.dice is None else f"{item.dice:.2f}"


def _lines(pair: ImagePair, lines: Iterable[str]) -> str:
    return "\n".join([pair.path, *lines])
