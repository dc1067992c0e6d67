"""What a run would learn from, in one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlstudio.domain.tasks import Task
from tlstudio.ui.words import count, tr

if TYPE_CHECKING:
    from tlstudio.services.training import Plan


def plan_words(plan: Plan, task: Task) -> str:
    """ "143 images with 3 labels: 100 to train, 21 to validate, 22 to test"."""
    total = sum(plan.images.values())
    head = count(total, "{n} image", "{n} images")
    if task is Task.STYLE:
        return _pictures(plan, head)
    if task is not Task.CLASSIFICATION:
        objects = sum(sum(by_split.values()) for by_split in plan.objects.values())
        head = tr("{objects} in {images}", objects=_shapes(objects, task), images=head)
    labels = count(len(plan.labels), "{n} label", "{n} labels")
    if plan.makes_split:
        return tr("{images} with {labels}; Start makes the split", images=head, labels=labels)
    return tr(
        "{images} with {labels}: {train} to train, {val} to validate, {test} to test",
        images=head,
        labels=labels,
        train=plan.images.get("train", 0),
        val=plan.images.get("val", 0),
        test=plan.images.get("test", 0),
    )


def _pictures(plan: Plan, head: str) -> str:
    """A style needs no labels, and nothing to test on."""
    return tr(
        "{images}, labelled or not: {train} to train, {val} to validate",
        images=head,
        train=plan.images.get("train", 0),
        val=plan.images.get("val", 0),
    )


def _shapes(n: int, task: Task) -> str:
    if task is Task.DETECTION:
        return count(n, "{n} object", "{n} objects")
    return count(n, "{n} region", "{n} regions")
