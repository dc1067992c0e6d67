"""Which images stand behind a figure, worst first, and what is said of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from tlstudio.domain.outcomes import DetectionOutcome, SegmentationOutcome, Verdict
from tlstudio.ui.widgets.outcome_marks import draw_small
from tlstudio.ui.widgets.strip import StripItem
from tlstudio.ui.words import count, tr

if TYPE_CHECKING:
    from tlstudio.services.evaluation import Evaluation

Answer = tuple[str, list[Any]]
"""Words for the strip, and the items it shows."""


def worst(evaluation: Evaluation, items: Sequence[Any]) -> Answer:
    """What an expert wants to see first."""
    if evaluation.task == "detection":
        wrong = sorted((i for i in items if i.errors), key=lambda i: (-i.errors, i.path))
        return count(len(wrong), "{n} image with errors, most first",
                     "{n} images with errors, most first"), wrong  # fmt: skip
    if evaluation.task == "segmentation":
        known = sorted((i for i in items if i.dice is not None), key=lambda i: (i.dice, i.path))
        return count(len(known), "{n} image, lowest Dice first",
                     "{n} images, lowest Dice first"), known  # fmt: skip
    wrong = sorted((i for i in items if i.predicted != i.truth), key=lambda i: -i.confidence)
    return count(len(wrong), "{n} wrong answer, surest first",
                 "{n} wrong answers, surest first"), wrong  # fmt: skip


def of_cell(evaluation: Evaluation, items: Sequence[Any], truth: int, seen: int) -> Answer:
    """The images behind a cell of the confusion matrix."""
    names = evaluation.confusion["labels"]
    true_name, seen_name = names[truth], names[seen]
    if evaluation.task == "detection":
        number = {i.image: _boxes(i, true_name, seen_name) for i in items}
        chosen = sorted((i for i in items if number[i.image]), key=lambda i: -number[i.image])
        n = len(chosen)
        words = {
            (True, False): count(n, "{n} image with false alarms of {seen}",
                                 "{n} images with false alarms of {seen}", seen=seen_name),
            (False, True): count(n, "{n} image with missed boxes of {truth}",
                                 "{n} images with missed boxes of {truth}", truth=true_name),
        }.get(
            (true_name is None, seen_name is None),
            count(n, "{n} image with boxes of {truth} seen as {seen}",
                  "{n} images with boxes of {truth} seen as {seen}",
                  truth=true_name, seen=seen_name),
        )  # fmt: skip
        return words, chosen
    if evaluation.task == "segmentation":
        name = true_name if true_name is not None else seen_name
        return of_label(evaluation, items, name) if name else worst(evaluation, items)
    chosen = [i for i in items if i.truth == true_name and i.predicted == seen_name]
    words = count(len(chosen), "{n} image of {truth} seen as {predicted}",
                  "{n} images of {truth} seen as {predicted}", truth=true_name,
                  predicted=seen_name)  # fmt: skip
    return words, sorted(chosen, key=lambda i: -i.confidence)


def of_label(evaluation: Evaluation, items: Sequence[Any], name: str) -> Answer:
    """The images where a label is not right."""
    if evaluation.task == "detection":
        number = {i.image: _errors_of(i, name) for i in items}
        chosen = sorted((i for i in items if number[i.image]), key=lambda i: -number[i.image])
        words = count(len(chosen), "{n} image with errors on {label}, most first",
                      "{n} images with errors on {label}, most first", label=name)  # fmt: skip
        return words, chosen
    if evaluation.task == "segmentation":
        chosen = sorted(
            (i for i in items if name in i.label_dice), key=lambda i: i.label_dice[name]
        )
        words = count(len(chosen), "{n} image with {label}, its lowest Dice first",
                      "{n} images with {label}, its lowest Dice first", label=name)  # fmt: skip
        return words, chosen
    missed = [i for i in items if (i.truth == name) != (i.predicted == name)]
    words = count(len(missed), "{n} image where {label} was missed or wrongly seen",
                  "{n} images where {label} was missed or wrongly seen",
                  label=name)  # fmt: skip
    return words, sorted(missed, key=lambda i: -i.confidence)


def strip_items(items: Iterable[Any], label: str | None = None) -> list[StripItem]:
    """Each image with its line of words; of a segmenter the Dice of `label` where one is named."""
    return [_told(item, label) for item in items]


def _told(item: Any, label: str | None) -> StripItem:
    if isinstance(item, DetectionOutcome):
        parts = _parts(item)
        words = ", ".join(parts) or tr("no errors")
        tip = f"{item.path}\n{words}"
        return StripItem(item.image, words, tip, partial(draw_small, outcome=item))
    if isinstance(item, SegmentationOutcome):
        dice = item.label_dice.get(label) if label is not None else item.dice
        words = tr("Dice {n}", n="–" if dice is None else f"{dice:.2f}")
        each = [f"{name}: {value:.2f}" for name, value in item.label_dice.items()]
        tip = "\n".join([item.path, *each])
        return StripItem(item.image, words, tip, partial(draw_small, outcome=item))
    return StripItem(
        item.image,
        f"{item.predicted} {item.confidence:.0%}",
        tr("Is {truth}, seen as {predicted} ({confidence})", truth=item.truth,
           predicted=item.predicted, confidence=f"{item.confidence:.1%}"),
    )  # fmt: skip


def _parts(item: DetectionOutcome) -> list[str]:
    words: tuple[tuple[Verdict, Callable[[int], str]], ...] = (
        (Verdict.MISS, lambda n: tr("{n} missed", n=n)),
        (Verdict.FALSE_ALARM, lambda n: tr("{n} false", n=n)),
        (Verdict.WRONG_LABEL, lambda n: tr("{n} mistaken", n=n)),
    )
    return [say(n) for verdict, say in words if (n := item.count(verdict))]


def _boxes(item: DetectionOutcome, truth: str | None, seen: str | None) -> int:
    """How many boxes of the image stand in a cell of the confusion matrix."""
    if truth is None:
        return sum(b.label == seen and b.verdict is Verdict.FALSE_ALARM for b in item.found)
    mine = [b for b in item.truth if b.label == truth]
    if seen is None:
        return sum(b.verdict is Verdict.MISS for b in mine)
    taken = [
        item.found[b.partner].label
        for b in mine
        if b.verdict in (Verdict.HIT, Verdict.WRONG_LABEL) and b.partner is not None
    ]
    return taken.count(seen)


def _errors_of(item: DetectionOutcome, name: str) -> int:
    """Errors in which a label has a part, on either side."""
    wrong = (Verdict.MISS, Verdict.WRONG_LABEL)
    alarms = (Verdict.FALSE_ALARM, Verdict.WRONG_LABEL)
    return sum(b.label == name and b.verdict in wrong for b in item.truth) + sum(
        b.label == name and b.verdict in alarms for b in item.found
    )
