"""A snapshot's rows, and the images that detection and segmentation learn from."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlstudio.domain.errors import UserError
from tlstudio.ml.reporter import Reporter

FEW = 10  # training images with a label below which a person is warned
LEARNT = "normal"  # the role of labels that a model answers with


@dataclass(frozen=True, slots=True)
class LabelName:
    id: int
    name: str

    def to_json(self) -> dict[str, Any]:
        return {"id": self.id, "name": self.name}


@dataclass(frozen=True, slots=True)
class Picture:
    """One image: `key` names it in answers, `path` is absolute, `frame` its place in the file;
    `annotations` as the snapshot writes them."""

    key: int | str
    path: Path
    sha256: str | None
    frame: int = 0
    width: int = 0
    height: int = 0
    split: str = ""
    group: str = ""
    annotations: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class LearnSet:
    """`labels` in the order of the model's outputs; `roles` of all labels by id; pictures of the
    splits train and val, with no annotation of a label that no training image has."""

    labels: tuple[LabelName, ...]
    roles: Mapping[int, str]
    pictures: tuple[Picture, ...]

    def of(self, split: str) -> NDArray[np.int64]:
        """Places of the split's pictures."""
        return np.array([i for i, p in enumerate(self.pictures) if p.split == split], np.int64)


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The snapshot's rows without its header; UserError("training.snapshot_damaged")."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            json.loads(next(file))
            for line in file:
                yield json.loads(line)
    except (OSError, EOFError, ValueError, StopIteration) as error:
        raise UserError("training.snapshot_damaged", file=str(path)) from error


def read_pictures(
    path: Path,
    labels: list[dict[str, Any]],
    project: Path,
    moved: Mapping[str, str],
    reporter: Reporter,
    *,
    keep_unknown: bool = False,
) -> LearnSet:
    """The images of a snapshot in the splits train and val, those without objects included.

    A label without an annotation in a training image is left out and named; its annotations go
    unless `keep_unknown`. UserError: training.snapshot_damaged, training.no_images,
    training.no_objects.
    """
    roles = {int(row["id"]): str(row.get("role") or LEARNT) for row in labels}
    rows = [row for row in read_rows(path) if row.get("split") in ("train", "val")]
    if not any(row["split"] == "train" for row in rows):
        raise UserError("training.no_images")
    learnt = {
        int(a["label"]) for row in rows if row["split"] == "train" for a in row["annotations"]
    }
    asked = [row for row in labels if roles[int(row["id"])] == LEARNT]
    kept = tuple(LabelName(int(r["id"]), str(r["name"])) for r in asked if int(r["id"]) in learnt)
    if not kept:
        raise UserError("training.no_objects")
    if unused := [str(r["name"]) for r in asked if int(r["id"]) not in learnt]:
        reporter.remark("training.label_unused", labels=", ".join(unused))
    known = {name.id for name in kept} | {i for i, role in roles.items() if role != LEARNT}
    if keep_unknown:
        known |= set(roles)
    return LearnSet(kept, roles, tuple(picture_of(row, project, moved, known) for row in rows))


def picture_of(
    row: dict[str, Any], project: Path, moved: Mapping[str, str], known: set[int]
) -> Picture:
    """The picture of a snapshot's row, with its annotations of `known` labels."""
    key = row["image"]
    return Picture(
        key,
        project / moved.get(str(key), row["path"]),
        row.get("sha256"),
        int(row.get("frame") or 0),
        int(row.get("width") or 0),
        int(row.get("height") or 0),
        row["split"],
        str(row.get("group") or ""),
        tuple(a for a in row["annotations"] if int(a["label"]) in known),
    )


def warn_about(learnset: LearnSet, usable: NDArray[np.bool_], reporter: Reporter) -> None:
    """Say what makes the run or its figures weak: labels in few training images or in none of
    validation, no validation images."""
    pictures = [p for p, use in zip(learnset.pictures, usable, strict=True) if use]
    found = {
        split: Counter(
            label
            for p in pictures
            if p.split == split
            for label in {int(a["label"]) for a in p.annotations}
        )
        for split in ("train", "val")
    }
    few = [name.name for name in learnset.labels if found["train"][name.id] < FEW]
    if few:
        reporter.remark("training.few_images", labels=", ".join(few), least=FEW)
    if not any(p.split == "val" for p in pictures):
        reporter.remark("training.no_validation")
    elif missing := [n.name for n in learnset.labels if not found["val"][n.id]]:
        reporter.remark("training.label_not_in_validation", labels=", ".join(missing))
