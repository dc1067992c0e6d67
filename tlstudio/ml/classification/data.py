"""What a run learns from: the snapshot's images with one label each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlstudio.domain.errors import UserError
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.runs.snapshot import FEW, LabelName, read_rows


@dataclass(frozen=True, slots=True)
class Picture:
    """One image: `key` names it in answers, `target` is the place of its label, -1 for none,
    `frame` its place in a file of several."""

    key: int | str
    path: Path
    sha256: str | None
    target: int = -1
    split: str = ""
    group: str = ""
    frame: int = 0


@dataclass(frozen=True, slots=True)
class LearnSet:
    """`labels` in the order of the model's outputs; pictures of the splits train and val."""

    labels: tuple[LabelName, ...]
    pictures: tuple[Picture, ...]

    def of(self, split: str) -> NDArray[np.int64]:
        """Places of the split's pictures."""
        return np.array([i for i, p in enumerate(self.pictures) if p.split == split], np.int64)

    @property
    def targets(self) -> NDArray[np.int64]:
        return np.array([p.target for p in self.pictures], np.int64)

    def only(self, kept: NDArray[np.bool_]) -> LearnSet:
        chosen = tuple(p for p, keep in zip(self.pictures, kept, strict=True) if keep)
        return LearnSet(self.labels, chosen)


def read_snapshot(
    path: Path,
    labels: list[dict[str, Any]],
    project: Path,
    moved: Mapping[str, str],
    reporter: Reporter,
) -> LearnSet:
    """The images of a snapshot that have exactly one of `labels` and a split.

    `moved` gives paths, by image id, that replace the snapshot's. A label without a training
    image is left out and named. UserError: training.snapshot_damaged, training.no_images,
    training.one_label.
    """
    wanted = {int(row["id"]): LabelName(int(row["id"]), str(row["name"])) for row in labels}
    rows: list[tuple[dict[str, Any], int]] = []
    several = 0
    for row in read_rows(path):
        found = {
            int(a["label"])
            for a in row.get("annotations", [])
            if a.get("kind") == "image_label" and int(a["label"]) in wanted
        }
        several += len(found) > 1
        if len(found) == 1 and row.get("split") in ("train", "val"):
            rows.append((row, found.pop()))
    if several:
        reporter.remark("training.several_labels", count=several)
    learnt = {label for row, label in rows if row["split"] == "train"}
    if not learnt:
        raise UserError("training.no_images")
    kept = tuple(name for key, name in wanted.items() if key in learnt)
    if len(kept) < 2:
        raise UserError("training.one_label", label=kept[0].name)
    if unused := [name.name for key, name in wanted.items() if key not in learnt]:
        reporter.remark("training.label_unused", labels=", ".join(unused))
    place = {name.id: index for index, name in enumerate(kept)}
    pictures = tuple(
        _picture(row, place[label], project, moved) for row, label in rows if label in place
    )
    return LearnSet(kept, pictures)


def warn_about(learnset: LearnSet, reporter: Reporter) -> None:
    """Say what makes the run or its figures weak: few images, labels missing in validation."""
    names = [label.name for label in learnset.labels]
    train = Counter(learnset.targets[learnset.of("train")].tolist())
    val = Counter(learnset.targets[learnset.of("val")].tolist())
    few = [name for index, name in enumerate(names) if train[index] < FEW]
    if few:
        reporter.remark("training.few_images", labels=", ".join(few), least=FEW)
    if not val:
        reporter.remark("training.no_validation")
    elif missing := [name for index, name in enumerate(names) if not val[index]]:
        reporter.remark("training.label_not_in_validation", labels=", ".join(missing))


def _picture(row: dict[str, Any], target: int, project: Path, moved: Mapping[str, str]) -> Picture:
    key = str(row["image"])
    return Picture(
        key,
        project / moved.get(key, row["path"]),
        row.get("sha256"),
        target,
        row["split"],
        str(row.get("group") or ""),
        int(row.get("frame") or 0),
    )
