from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tlstudio.domain.errors import UserError
from tlstudio.ml.classification.data import LearnSet, read_snapshot, warn_about
from tlstudio.ml.reporter import Reporter

LABELS = [{"id": 5, "name": "cell"}, {"id": 2, "name": "debris"}, {"id": 9, "name": "unused"}]


def row(image: int, split: str | None, *labels: int) -> dict[str, Any]:
    annotations = [{"kind": "image_label", "label": label} for label in labels]
    path = f"images/{image}.png"
    return {"image": image, "path": path, "split": split, "group": None, "annotations": annotations}


def read(
    tmp_path: Path, rows: list[dict[str, Any]], moved: dict[str, str] | None = None
) -> tuple[LearnSet, Reporter]:
    path = tmp_path / "s.jsonl.gz"
    with gzip.open(path, "wt") as file:
        file.write(json.dumps({"version": 1}) + "\n")
        file.writelines(json.dumps(r) + "\n" for r in rows)
    reporter = Reporter()
    return read_snapshot(path, LABELS, Path("/project"), moved or {}, reporter), reporter


def codes(reporter: Reporter) -> list[str]:
    return [warning["code"] for warning in reporter.warnings]


def test_outputs_follow_the_order_of_the_labels_that_have_training_images(tmp_path: Path) -> None:
    rows = [row(1, "train", 2), row(2, "train", 5), row(3, "val", 9), row(4, "val", 2)]
    found, reporter = read(tmp_path, rows)
    assert [label.id for label in found.labels] == [5, 2]
    assert found.targets.tolist() == [1, 0, 1]
    assert found.of("val").tolist() == [2]
    assert reporter.warnings[0]["params"] == {"labels": "unused"}


def test_images_of_several_labels_or_no_split_or_test_are_not_learned_from(tmp_path: Path) -> None:
    rows = [row(1, "train", 2, 5), row(2, None, 2), row(3, "test", 5), row(4, "train")]
    rows += [row(5, "train", 5), row(6, "train", 2)]
    found, reporter = read(tmp_path, rows)
    assert [p.key for p in found.pictures] == ["5", "6"]
    assert {"code": "training.several_labels", "params": {"count": 1}} in reporter.warnings


def test_paths_are_the_projects_unless_they_are_moved_or_absolute(tmp_path: Path) -> None:
    rows = [row(1, "train", 2), row(2, "train", 5)]
    rows[1]["path"] = "/elsewhere/2.png"
    found, _ = read(tmp_path, rows, {"1": "/moved/1.png"})
    assert [str(p.path) for p in found.pictures] == ["/moved/1.png", "/elsewhere/2.png"]


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([row(1, "val", 2)], "training.no_images"),
        ([row(1, "train", 2), row(2, "val", 5)], "training.one_label"),
    ],
)
def test_too_little_is_refused(tmp_path: Path, rows: list[dict[str, Any]], code: str) -> None:
    with pytest.raises(UserError) as raised:
        read(tmp_path, rows)
    assert raised.value.code == code


def test_a_torn_snapshot_is_named(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"version": 1}\n' * 50)[:-20])
    with pytest.raises(UserError) as raised:
        read_snapshot(path, LABELS, tmp_path, {}, Reporter())
    assert raised.value.code == "training.snapshot_damaged"


def test_weak_data_are_warned_about(tmp_path: Path) -> None:
    rows = [row(n, "train", 2) for n in range(12)] + [row(20, "train", 5), row(21, "val", 2)]
    found, _ = read(tmp_path, rows)
    reporter = Reporter()
    warn_about(found, reporter)
    assert reporter.warnings[0]["params"] == {"labels": "cell", "least": 10}
    assert codes(reporter) == ["training.few_images", "training.label_not_in_validation"]
    reporter = Reporter()
    warn_about(found.only(found.targets >= 0), reporter)
    without_val = LearnSet(found.labels, tuple(p for p in found.pictures if p.split == "train"))
    warn_about(without_val, reporter)
    assert "training.no_validation" in codes(reporter)
