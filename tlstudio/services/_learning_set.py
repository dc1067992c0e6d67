"""What a run would learn from: the images that are fit for it, and what is said of the rest."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tlstudio.domain.annotations import KINDS
from tlstudio.domain.errors import UserError
from tlstudio.domain.images import ImageState, Split
from tlstudio.domain.labels import Label, LabelRole
from tlstudio.domain.notices import Notice
from tlstudio.domain.splits import SplitItem, divide
from tlstudio.domain.tasks import Task
from tlstudio.services import _learning_notices as say
from tlstudio.services._learning_kinds import IMAGE_LABEL, NONE, SHAPES, chosen_kinds
from tlstudio.services._learning_rows import Row, annotations_of, counts_neither_way, row_of
from tlstudio.storage import annotations as _annotations
from tlstudio.storage import labels, learning_rows
from tlstudio.storage.learning_rows import ImageFacts, ShapeFacts

if TYPE_CHECKING:
    from tlstudio.storage.project import Project

NO_SPLIT = ""
SPLITS = ("train", "val", "test", NO_SPLIT)
HELD_OUT = 0.15

_DONE = (ImageState.LABELLED, ImageState.REVIEWED)


@dataclass(frozen=True, slots=True)
class LearningSet:
    """Images that are fit for the task, by what they are for.

    `kinds` are the kinds of annotation looked at; `rows` those of a snapshot in their light form
    (see `_learning_rows`), images without a split included; `labels` those that occur, in order,
    of every role.
    """

    task: Task
    kinds: tuple[str, ...]
    labels: tuple[Label, ...]
    rows: list[Row]
    notices: list[Notice] = field(default_factory=list)

    @property
    def learned(self) -> tuple[Label, ...]:
        """The labels that the model learns to tell."""
        if self.task is Task.CLASSIFICATION:
            return self.labels
        return tuple(label for label in self.labels if label.role is LabelRole.NORMAL)

    @property
    def images(self) -> dict[str, int]:
        """How many images each split has: train, val, test and "" (none yet)."""
        found = Counter(row["split"] or NO_SPLIT for row in self.rows)
        return {split: found[split] for split in SPLITS}

    @property
    def per_label(self) -> dict[str, dict[str, int]]:
        """In how many images of each split a label occurs, by its name."""
        found = Counter(
            (label, row["split"] or NO_SPLIT) for row in self.rows for label in labels_of(row)
        )
        return {
            label.name: {split: found[label.id, split] for split in SPLITS}
            for label in self.learned
        }

    @property
    def objects(self) -> dict[str, dict[str, int]]:
        """How many annotations of each label the splits have; crowds are not counted."""
        found = Counter(
            (each["label"], row["split"] or NO_SPLIT)
            for row in self.rows
            for each in row["annotations"]
            if not each.get("crowd")
        )
        return {
            label.name: {split: found[label.id, split] for split in SPLITS}
            for label in self.learned
        }

    @property
    def header(self) -> dict[str, Any]:
        """The first line of the snapshot."""
        named = [{"id": each.id, "name": each.name, "role": each.role} for each in self.labels]
        return {
            "version": 2,
            "task": self.task.value,
            "from": ",".join(self.kinds) or NONE,
            "labels": named,
            "count": len(self.rows),
        }

    def in_splits(self) -> LearningSet:
        """The same without the images that are in no split."""
        return replace(self, rows=[row for row in self.rows if row["split"]])

    def with_validation(self, seed: int) -> LearningSet:
        """The same with a part of the training images held out, whole groups and labels in
        proportion, where no image is there to validate on."""
        learned = [row for row in self.rows if row["split"] == Split.TRAIN]
        items = [
            SplitItem(
                row["image"], _together(row), labels_of(row), synthetic=bool(row.get("synthetic"))
            )
            for row in learned
        ]
        home = divide(items, {Split.TRAIN: 1 - HELD_OUT, Split.VAL: HELD_OUT}, seed=seed)
        # What was made here from an image that is held out teaches nothing either.
        out = {item.id for item in items} - home.keys()
        rows = [
            {**row, "split": home.get(row["image"], row["split"])} if row["split"] else row
            for row in self.rows
            if row["image"] not in out
        ]
        count = sum(split is Split.VAL for split in home.values())
        if not count:
            return self
        notice = Notice("training.held_out", {"count": count})
        return replace(self, rows=rows, notices=[*self.notices, notice])


def labels_of(row: Row) -> tuple[int, ...]:
    """The ids of the labels that occur in a snapshot's row."""
    return tuple(sorted({int(each["label"]) for each in row["annotations"]}))


def label_of(row: Row) -> int:
    """The one label of a row for classification."""
    return int(row["annotations"][0]["label"])


def _together(row: Row) -> tuple[tuple[str, str], ...]:
    keys = (
        ("pixels", row["pixel_hash"]),
        ("pixels", row.get("content_hash")),
        ("group", row["group"]),
    )
    return tuple((kind, name) for kind, name in keys if name)


def gather(
    project: Project,
    task: Task,
    source_kind: str | None = None,
    *,
    refuse: bool = True,
    among: Callable[[ImageFacts], bool] = lambda _image: True,
) -> LearningSet:
    """Look through the project for what `task` can learn from.

    `source_kind` names kinds of annotation with commas between; None means the task's own.
    Suggestions nobody accepted are never used. For shapes, an image counts only when it is
    marked labelled or reviewed, and then, with nothing in it, as one without objects. A style is
    learned from all images and no annotation. Images that are not `among` those asked for are
    neither looked at nor counted. Raises UserError: training.kind_unknown,
    training.kind_unfit, training.style_kinds, and with `refuse` where nothing can be learned:
    training.no_images_at_all, training.all_missing, training.no_labels, training.no_shapes,
    training.no_labels_but, training.all_drafts, training.one_label,
    training.too_many_labels.
    """
    with project.read() as db:
        known = labels.all_labels(db)
        roles = {label.id: label.role for label in known}
        images = [image for image in learning_rows.all_images(db) if among(image)]
        looked_at = _looked_at(task, source_kind)
        given: dict[int, list[ShapeFacts]] = defaultdict(list)
        neither: Counter[str] = Counter()
        for shape in learning_rows.accepted(db, looked_at):
            given[shape.image].append(shape)
            neither[shape.kind] += counts_neither_way(task, shape, roles)
        counts = Counter(_annotations.counts(db)) - neither
    kinds = chosen_kinds(task, source_kind, counts)
    if not images and refuse:
        raise UserError("training.no_images_at_all", file=str(project.folder))
    if task is Task.STYLE:
        return _pictures(images, refuse=refuse)
    sorter = _Sorter(task, kinds, roles)
    rows = [row for image in images if (row := sorter.row(image, given.get(image.id, ())))]
    used = {label for row in rows for label in labels_of(row)}
    found = LearningSet(
        task,
        kinds,
        tuple(label for label in known if label.id in used),
        rows,
        say.notices(task, kinds, sorter, counts, len(images), rows),
    )
    if refuse:
        say.refuse_unfit(task, kinds, found.learned, sorter.left_out, counts)
    return found


def _looked_at(task: Task, source_kind: str | None) -> tuple[str, ...]:
    """Shapes are judged beside all others of their image, image labels by themselves."""
    if task is Task.STYLE:
        return ()
    if task is Task.CLASSIFICATION and source_kind in (None, IMAGE_LABEL):
        return (IMAGE_LABEL,)
    return tuple(KINDS)


def _pictures(images: Sequence[ImageFacts], *, refuse: bool) -> LearningSet:
    """Every image that is there, labelled or not, without its annotations; none that was made
    here, lest a stylizer learns what pictures look like from another's. Where no image is in the
    training split, those in no split are learned from: the project's own splits stay as they are,
    as they are for labels and figures."""
    natural = [image for image in images if not image.synthetic]
    there = [image for image in natural if not image.missing]
    missing, made_here = len(natural) - len(there), len(images) - len(natural)
    if refuse and not there:
        code = "training.all_missing" if missing else "training.all_synthetic"
        raise UserError(code, count=len(images))
    facts: dict[str, object] = {"count": missing, "total": len(images)}
    notices = [Notice("training.left_out.missing", facts)] if missing else []
    if made_here:
        notices.append(Notice("training.synthetic_unused", {"count": made_here}))
    rows = [row_of(image, []) for image in there]
    if not any(row["split"] == Split.TRAIN for row in rows):
        rows = [{**row, "split": row["split"] or Split.TRAIN.value} for row in rows]
    return LearningSet(Task.STYLE, (), (), rows, notices)


class _Sorter:
    """Decides which images are fit; `left_out` counts the others by the reason, `dropped` the
    shapes without an area, `mixed` the fit ones that have objects of other kinds as well."""

    def __init__(self, task: Task, kinds: tuple[str, ...], roles: dict[int, LabelRole]) -> None:
        self._task, self._kinds, self._roles = task, kinds, roles
        self._by_shapes = any(kind in SHAPES for kind in kinds)
        self.left_out: Counter[str] = Counter()
        self.dropped = 0
        self.mixed = 0

    def row(self, image: ImageFacts, there: list[ShapeFacts] | tuple[()]) -> Row | None:
        """The row of a fit image."""
        mine = [s for s in there if s.kind in self._kinds or self._neutral(s)]
        made, dropped = annotations_of(self._task, image, mine, self._roles)
        self.dropped += dropped
        reason = self._unfit(image, there, made, spoiled=bool(dropped) and not made)
        if reason:
            self.left_out[reason] += 1
            return None
        if self._task is not Task.CLASSIFICATION:
            self.mixed += any(map(self._other, there))
        return row_of(image, made)

    def _unfit(
        self,
        image: ImageFacts,
        there: list[ShapeFacts] | tuple[()],
        made: list[dict[str, Any]],
        *,
        spoiled: bool,
    ) -> str:
        """Why an image is left out, as the end of a message code; empty where it is fit."""
        state = ImageState(image.state)
        if self._task is Task.CLASSIFICATION and not made:
            return "unlabelled"
        if state is ImageState.DISPUTED:
            return "disputed"
        if image.missing:
            return "missing"
        if self._by_shapes and (reason := self._unfinished(state, there, spoiled)):
            return reason
        several = self._task is Task.CLASSIFICATION and len(made) > 1
        return "several" if several else ""

    def _unfinished(
        self, state: ImageState, there: list[ShapeFacts] | tuple[()], spoiled: bool
    ) -> str:
        mine = any(s.kind in self._kinds and not self._neutral(s) for s in there)
        drawn = any(map(self._neutral, there))
        if state not in _DONE:
            return "partly" if mine or drawn else "unmarked"
        if spoiled:
            return "spoiled"
        if mine or not there:
            return ""
        if any(map(self._other, there)):
            return "other_kinds"
        # An image label alone was set to say something else, unless somebody has looked again.
        return "" if drawn or state is ImageState.REVIEWED else "other_kinds"

    def _neutral(self, shape: ShapeFacts) -> bool:
        return counts_neither_way(self._task, shape, self._roles)

    def _other(self, shape: ShapeFacts) -> bool:
        """Whether this is an object that the run does not see."""
        return shape.kind in SHAPES and shape.kind not in self._kinds and not self._neutral(shape)
