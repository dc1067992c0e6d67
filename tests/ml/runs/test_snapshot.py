from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tlstudio.domain.errors import UserError
from tlstudio.domain.events import Event, Examples
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.runs.examples import Example, chosen_examples, write_examples
from tlstudio.ml.runs.snapshot import LearnSet, read_pictures, warn_about

LABELS = [
    {"id": 3, "name": "cell", "role": "normal"},
    {"id": 5, "name": "dirt", "role": "ignore"},
    {"id": 7, "name": "rare", "role": "normal"},
]


def box(label: int) -> dict[str, Any]:
    return {"kind": "box", "label": label, "box": [1.0, 2.0, 3.0, 4.0], "crowd": False}


def row(image: int, split: str | None, *labels: int) -> dict[str, Any]:
    return {
        "image": image,
        "path": f"images/{image}.png",
        "frame": image % 2,
        "sha256": None,
        "width": 8,
        "height": 6,
        "split": split,
        "group": "g",
        "annotations": [box(label) for label in labels],
    }


def read(path: Path, *rows: dict[str, Any], labels: list[dict[str, Any]] = LABELS) -> LearnSet:
    with gzip.open(path / "s.gz", "wt", encoding="utf-8") as file:
        for line in ({"version": 2}, *rows):
            file.write(json.dumps(line) + "\n")
    reporter = Reporter()
    found = read_pictures(path / "s.gz", labels, path, {"2": "/moved.png"}, reporter)
    found_codes.clear()
    found_codes.extend(w["code"] for w in reporter.warnings)
    return found


found_codes: list[str] = []


def test_training_and_validation_images_are_read_with_those_without_objects(
    tmp_path: Path,
) -> None:
    found = read(
        tmp_path, row(1, "train", 3, 5), row(2, "val", 3), row(3, "train"), row(4, "test", 3)
    )
    assert [p.key for p in found.pictures] == [1, 2, 3]
    assert found.of("train").tolist() == [0, 2] and found.of("val").tolist() == [1]
    first, second, third = found.pictures
    assert (first.frame, first.width, first.height, first.group) == (1, 8, 6, "g")
    assert first.path == tmp_path / "images/1.png" and second.path == Path("/moved.png")
    assert [a["label"] for a in first.annotations] == [3, 5] and third.annotations == ()


def test_a_label_that_no_training_image_has_is_left_out_and_named(tmp_path: Path) -> None:
    found = read(tmp_path, row(1, "train", 3), row(2, "val", 7, 3))
    assert [label.name for label in found.labels] == ["cell"]
    assert [a["label"] for a in found.pictures[1].annotations] == [3]
    assert "training.label_unused" in found_codes


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([row(1, "val", 3)], "training.no_images"),
        ([row(1, "train"), row(2, "val", 3)], "training.no_objects"),
        ([row(1, "train", 5)], "training.no_objects"),
    ],
)
def test_nothing_to_learn_from_is_refused(
    tmp_path: Path, rows: list[dict[str, Any]], code: str
) -> None:
    with pytest.raises(UserError) as refused:
        read(tmp_path, *rows)
    assert refused.value.code == code


def test_a_damaged_snapshot_is_named(tmp_path: Path) -> None:
    (tmp_path / "s.gz").write_bytes(b"no snapshot")
    with pytest.raises(UserError) as refused:
        read_pictures(tmp_path / "s.gz", LABELS, tmp_path, {}, Reporter())
    assert refused.value.code == "training.snapshot_damaged"


def test_few_images_and_labels_missing_in_validation_are_told(tmp_path: Path) -> None:
    found = read(tmp_path, row(1, "train", 3, 7), row(2, "val", 3))
    reporter = Reporter()
    warn_about(found, np.ones(2, dtype=bool), reporter)
    told = {w["code"]: w["params"] for w in reporter.warnings}
    assert told["training.label_not_in_validation"]["labels"] == "rare"
    assert told["training.few_images"]["labels"] == "cell, rare"
    other = Reporter()
    warn_about(found, np.array([True, False]), other)
    assert "training.no_validation" in {w["code"] for w in other.warnings}


def test_the_same_few_validation_images_are_shown_each_epoch(tmp_path: Path) -> None:
    rows = [row(n, "val", *([3] if n % 2 else [])) for n in range(2, 12)]
    found = read(tmp_path, row(1, "train", 3), *rows)
    shown = chosen_examples(found.pictures, found.of("val"))
    assert [found.pictures[p].key for p in shown] == [3, 5, 7, 9]
    heard: list[Event] = []
    answer = {"width": 8, "height": 6, "boxes": [], "labels": [], "scores": []}
    write_examples(tmp_path, 3, [Example(found.pictures[shown[0]], answer)], Reporter(heard.append))
    assert heard == [Examples(3, "examples/epoch-003.json")]
    told = json.loads((tmp_path / "examples/epoch-003.json").read_text())
    assert told["epoch"] == 3
    assert told["images"] == [
        {"image": 3, "width": 8, "height": 6, "truth": [box(3)], "found": answer}
    ]
