"""What a run would learn from: the images that are fit for it, and what is said of the rest."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tlstudio.domain.annotations import KINDS
from tlstudio.domain.errors import UserError
from tlstudio.domain.images import ImageQuery, ImageRow, ImageState, Split
from tlstudio.domain.labels import Label, LabelRole
from tlstudio.domain.notices import Notice
from tlstudio.domain.splits import SplitItem, divide
from tlstudio.storage import annotations as _annotations
from tlstudio.storage import images, labels
from tlstudio.storage.connection import Db

if TYPE_CHECKING:
    from tlstudio.storage.project import Project

NO_SPLIT = ""
IMAGE_LABEL = "image_label"
HELD_OUT = 0.15


@dataclass(frozen=True, slots=True)
class LearningSet:
    """Images with exactly one label, by what they are for.

    `kind` is the kind of annotation looked at; `rows` are those of a snapshot, images without a
    split included; `labels` those that occur, in order.
    """

    kind: str
    labels: tuple[Label, ...]
    rows: list[dict[str, Any]]
    notices: list[Notice] = field(default_factory=list)

    @property
    def images(self) -> dict[str, int]:
        """How many images each split has: train, val, test and "" (none yet)."""
        found = Counter(row["split"] or NO_SPLIT for row in self.rows)
        return {split: found[split] for split in ("train", "val", "test", NO_SPLIT)}

    @property
    def per_label(self) -> dict[str, dict[str, int]]:
        """The same for each label, by its name."""
        found = Counter((label_of(row), row["split"] or NO_SPLIT) for row in self.rows)
        return {
            label.name: {s: found[label.id, s] for s in ("train", "val", "test", NO_SPLIT)}
            for label in self.labels
        }

    def header(self, task: str) -> dict[str, Any]:
        """The first line of the snapshot."""
        named = [{"id": each.id, "name": each.name, "role": each.role} for each in self.labels]
        return {
            "version": 1,
            "task": task,
            "from": self.kind,
            "labels": named,
            "count": len(self.rows),
        }

    def with_validation(self, seed: int) -> LearningSet:
        """The same with a part of the training images held out, whole groups and labels in
        proportion, where no image is there to validate on."""
        learned = [row for row in self.rows if row["split"] == Split.TRAIN]
        items = [SplitItem(row["image"], _together(row), (label_of(row),)) for row in learned]
        home = divide(items, {Split.TRAIN: 1 - HELD_OUT, Split.VAL: HELD_OUT}, seed=seed)
        rows = [
            {**row, "split": home.get(row["image"], row["split"])} if row["split"] else row
            for row in self.rows
        ]
        count = sum(split is Split.VAL for split in home.values())
        if not count:
            return self
        notice = Notice("training.held_out", {"count": count})
        return replace(self, rows=rows, notices=[*self.notices, notice])


def label_of(row: dict[str, Any]) -> int:
    """The label id of a snapshot's row."""
    return int(row["annotations"][0]["label"])


def _together(row: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    keys = (("pixels", row["pixel_hash"]), ("group", row["group"]))
    return tuple((kind, name) for kind, name in keys if name)


def gather(project: Project, source_kind: str | None = None, *, refuse: bool = True) -> LearningSet:
    """Look through the project. `source_kind` None means image labels.

    Suggestions nobody accepted are never used. Raises UserError("training.kind_unknown"), and
    with `refuse` where nothing can be learned: training.no_images_at_all, training.no_labels,
    training.no_labels_but, training.one_label.
    """
    kind = source_kind or IMAGE_LABEL
    if kind not in KINDS:
        raise UserError("training.kind_unknown", kind=kind, known=", ".join(KINDS))
    with project.read() as db:
        rows = images.rows(db, images.query_ids(db, ImageQuery()))
        known = [each for each in labels.all_labels(db) if each.role is not LabelRole.IGNORE]
        given = _labels_by_image(db, kind)
        kinds = _annotations.counts(db)
        facts = {source.image: source for source in images.sources(db)}
        near = {each.image: each.near_hash for each in images.hashes(db)}
    if not rows and refuse:
        raise UserError("training.no_images_at_all", file=str(project.folder))
    wanted = {label.id for label in known}
    left_out: Counter[str] = Counter()
    kept = []
    for row in rows:
        found = given.get(row.id, frozenset()) & wanted
        reason = _unfit(row, len(found))
        if reason:
            left_out[reason] += 1
            continue
        source = facts.get(row.id)
        kept.append(_row(row, next(iter(found)), source.sha256 if source else "", near[row.id]))
    used = {label_of(row) for row in kept}
    chosen = tuple(label for label in known if label.id in used)
    if refuse:
        _refuse_too_little(chosen, kind, kinds)
    return LearningSet(kind, chosen, kept, _notices(left_out, kinds, kind, len(rows)))


def _labels_by_image(db: Db, kind: str) -> dict[int, frozenset[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    if kind == IMAGE_LABEL:
        for image, label in _annotations.image_labels(db):
            found[image].add(label)
    else:
        for image, each in _annotations.of_images(db).items():
            found[image] = {a.label for a in each if isinstance(a, KINDS[kind])}
    return {image: frozenset(ids) for image, ids in found.items()}


def _unfit(row: ImageRow, label_count: int) -> str:
    """Why an image is left out, as the end of a message code; empty where it is fit."""
    if not label_count:
        return "unlabelled"
    if row.state is ImageState.DISPUTED:
        return "disputed"
    if label_count > 1:
        return "several"
    return "missing" if row.missing else ""


def _row(row: ImageRow, label: int, sha256: str, near_hash: str) -> dict[str, Any]:
    return {
        "image": row.id,
        "path": row.path,
        "sha256": sha256,
        "pixel_hash": row.pixel_hash,
        "near_hash": near_hash,
        "width": row.width,
        "height": row.height,
        "split": row.split.value if row.split else None,
        "group": row.group,
        "annotations": [{"kind": IMAGE_LABEL, "label": label}],
    }


def _refuse_too_little(chosen: Iterable[Label], kind: str, kinds: dict[str, int]) -> None:
    names = [label.name for label in chosen]
    if not names:
        others = ", ".join(name for name in KINDS if name != kind and kinds.get(name))
        if others:
            raise UserError("training.no_labels_but", kind=kind, others=others)
        raise UserError("training.no_labels")
    if len(names) == 1:
        raise UserError("training.one_label", label=names[0])


def _notices(left_out: Counter[str], kinds: dict[str, int], kind: str, total: int) -> list[Notice]:
    """What is done with images that are not fit, and with what is not used."""
    found = [
        Notice(f"training.left_out.{reason}", {"count": left_out[reason], "total": total})
        for reason in ("unlabelled", "disputed", "several", "missing")
        if left_out[reason]
    ]
    if kinds.get("suggestions"):
        found.append(Notice("training.suggestions_unused", {"count": kinds["suggestions"]}))
    unused = [f"{name} ({kinds[name]})" for name in KINDS if name != kind and kinds.get(name)]
    if unused:
        found.append(Notice("training.kinds_unused", {"kinds": ", ".join(unused)}))
    return found
