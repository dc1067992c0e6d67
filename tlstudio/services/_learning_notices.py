"""What a person should know of a learning set: what is left out, and when it is too little."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from tlstudio.domain.annotations import KINDS
from tlstudio.domain.errors import UserError
from tlstudio.domain.labels import Label
from tlstudio.domain.notices import Notice
from tlstudio.domain.tasks import Task
from tlstudio.services._learning_kinds import BOX, SHAPES, learnable_kinds

LEFT_OUT = "training.left_out."


class SortedOut(Protocol):
    """Images that are not fit by the reason, shapes without an area, and images with objects of
    other kinds beside those that are learned from."""

    left_out: Counter[str]
    dropped: int
    mixed: int


REASONS = (
    "unlabelled",
    "unmarked",
    "partly",
    "other_kinds",
    "spoiled",
    "disputed",
    "several",
    "missing",
)


def notices(
    task: Task,
    kinds: Sequence[str],
    sorted_out: SortedOut,
    counts: Mapping[str, int],
    total: int,
    rows: Sequence[Mapping[str, Any]],
) -> list[Notice]:
    """What is done with images that are not fit, and with what is not used."""
    left_out, dropped = sorted_out.left_out, sorted_out.dropped
    unused = [kind for kind in KINDS if kind not in kinds and counts.get(kind)]
    others = ", ".join(unused)
    fit = [kind for kind in KINDS if kind in learnable_kinds(task)]
    every = ",".join(kind for kind in fit if kind in kinds or counts.get(kind))
    facts = {"total": total, "kinds": others, "every": every}
    found = [
        Notice(f"{LEFT_OUT}{reason}", {"count": left_out[reason], **facts})
        for reason in REASONS
        if left_out[reason]
    ]
    if dropped:
        found.append(Notice("training.dropped", {"count": dropped}))
    if task is not Task.CLASSIFICATION and (empty := sum(not r["annotations"] for r in rows)):
        found.append(Notice("training.without_objects", {"count": empty}))
    if task is Task.DETECTION and BOX not in kinds and rows:
        found.append(Notice("training.boxes_around", {"kinds": ", ".join(kinds)}))
    if counts.get("suggestions"):
        found.append(Notice("training.suggestions_unused", {"count": counts["suggestions"]}))
    unused = [
        f"{name} ({counts[name]})" for name in KINDS if name not in kinds and counts.get(name)
    ]
    if unused:
        found.append(Notice("training.kinds_unused", {"kinds": ", ".join(unused)}))
    if sorted_out.mixed:
        drawn = [kind for kind in SHAPES if kind in kinds or counts.get(kind)]
        mixed = {"count": sorted_out.mixed, "every": ",".join(drawn)}
        found.append(Notice("training.kinds_mixed", mixed))
    return found


def refuse_unfit(
    task: Task,
    kinds: Sequence[str],
    learned: Sequence[Label],
    left_out: Counter[str],
    counts: Mapping[str, int],
) -> None:
    """Raise a UserError where nothing can be learned; one label is enough for shapes. A
    segmenter's maps have no room for more than MOST_CLASSES."""
    names = [label.name for label in learned]
    if not names:
        if left_out["partly"]:
            raise UserError("training.all_drafts", count=left_out["partly"])
        others = ", ".join(name for name in KINDS if name not in kinds and counts.get(name))
        if others:
            raise UserError("training.no_labels_but", kind=", ".join(kinds), others=others)
        code = "training.no_labels" if task is Task.CLASSIFICATION else "training.no_shapes"
        raise UserError(code, kinds=", ".join(kinds))
    if len(names) == 1 and task is Task.CLASSIFICATION:
        raise UserError("training.one_label", label=names[0])
    if task is Task.SEGMENTATION:
        from tlstudio.imaging.semantic import MOST_CLASSES

        if len(names) > MOST_CLASSES:
            raise UserError("training.too_many_labels", count=len(names), most=MOST_CLASSES)
