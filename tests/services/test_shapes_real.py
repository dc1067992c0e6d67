"""Real sets with shapes: what their import says, and what a run would make of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tlstudio.domain.advice import recommend
from tlstudio.domain.fingerprint import Fingerprint
from tlstudio.domain.tasks import Task
from tlstudio.services._learning_rows import measured
from tlstudio.services._learning_set import gather
from tlstudio.services.datasets import import_source
from tlstudio.services.labelling import list_labels
from tlstudio.services.models import find_model
from tlstudio.services.projects import create_project
from tlstudio.services.training import TrainRequest, training_plan

pytestmark = pytest.mark.shared


def test_blood_smears_keep_their_lists(shared: Path, tmp_path: Path) -> None:
    with create_project(tmp_path / "b.tlproj", task="detection") as project:
        report = import_source(project, shared / "data" / "bccd")
        empty = [each.file for each in report.skipped if each.reason == "data.shape_small"]
        assert {Path(file).stem for file in empty} == {"BloodImage_00338", "BloodImage_00343"}
        plan = training_plan(project, TrainRequest("yolo11n", weights="none"))
    assert plan.images == {"train": 205, "val": 87, "test": 72, "": 0}
    assert {name: sum(n.values()) for name, n in plan.objects.items()} == {
        "WBC": 372,
        "RBC": 4153,
        "Platelets": 361,
    }
    assert plan.defaults["image_size"]["value"] == 640
    assert not plan.makes_split


def test_membranes_become_one_label_and_its_background(shared: Path, tmp_path: Path) -> None:
    with create_project(tmp_path / "m.tlproj", task="segmentation") as project:
        report = import_source(project, shared / "data" / "membrane_em")
        assert "objects.mask_foreground" in {notice.code for notice in report.warnings}
        assert [label.name for label in list_labels(project)] == ["foreground"]
        rows = gather(project, Task.SEGMENTATION).rows
        looks = Fingerprint.of(Task.SEGMENTATION, rows, list(measured(project, rows)))
    assert looks.images == 30 and looks.empty == 0
    assert looks.grey
    assert 0.7 < next(iter(looks.covered.values())) < 0.9
    spec = find_model("squeezenet1_1")
    found = {name: each.value for name, each in recommend(looks, spec, Task.SEGMENTATION).items()}
    assert (found["image_size"], found["patch"], found["loss"]) == (256, 256, "dice_ce")
