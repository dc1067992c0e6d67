"""Runs of detectors: the plan with its recommendations, the weights to start from, the snapshot."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import ImageState
from tlstudio.domain.labels import LabelRole
from tlstudio.domain.messages import render
from tlstudio.domain.recipe import Recipe
from tlstudio.domain.runs import RunState
from tlstudio.domain.tasks import Task
from tlstudio.services import _weights_store, labelling, training
from tlstudio.services._learning_set import LearningSet
from tlstudio.services._starting_weights import backbone_name
from tlstudio.services._training_plan import Start, about_depth
from tlstudio.services._weights_store import WeightsReport
from tlstudio.services.models import find_model
from tlstudio.services.projects import Project
from tlstudio.services.training import TrainRequest
from tlstudio.storage import images, paths, snapshots

sys.path.append(str(Path(__file__).parent))
from shapes_story import CELL, CORE, box, finished_run, paint, put, square

Make = Callable[..., Project]

LIGHT = "fasterrcnn:squeezenet1_1"


def ask(model: str = LIGHT, weights: str = "none", **settings: object) -> TrainRequest:
    return TrainRequest(model, "detection", weights, settings)


@pytest.fixture
def project(project_of: Make) -> Project:
    """Twelve images with a cell, three of them with a core, and one without objects."""
    project = project_of(13, labels=("cell", "core"))
    put(project, *(box(n, CELL, 2, 2, 20, 16) for n in range(1, 13)))
    put(project, *(box(n, CORE, 30, 20, 12, 12) for n in (1, 2, 3)))
    project.transact("undo.x", lambda db: images.set_state(db, [13], ImageState.LABELLED))
    return project


def stored(model: str) -> Path:
    """Pretend weights of a model in the store."""
    file = _weights_store.file_of(model)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"weights")
    _weights_store.record(WeightsReport(model, "ab" * 32, False, 10, 0, f"{model}.pth"))
    return file


def weights_of(project: Project, request: TrainRequest) -> dict[str, Any]:
    from tlstudio.services._training_plan import check

    return check(project, request).weights


def refusal(project: Project, request: TrainRequest) -> UserError:
    with pytest.raises(UserError) as refused:
        training.training_plan(project, request)
    assert "<" not in str(refused.value), f"unfilled words: {refused.value}"
    return refused.value


def test_the_plan_counts_objects_and_says_what_it_recommends_and_why(project: Project) -> None:
    plan = training.training_plan(project, ask())
    assert plan.images[""] == 13
    assert plan.labels["core"][""] == 3
    assert plan.objects["cell"][""] == 12
    assert {"image_size", "batch_size", "epochs", "augmentation", "tile"} <= set(plan.defaults)
    size = plan.defaults["image_size"]
    assert size["used"] and str(size["value"]) in size["message"]
    assert plan.fingerprint["images"] == 13
    codes = {warning["code"]: warning["params"] for warning in plan.warnings}
    assert codes["training.few_objects"]["labels"] == "core"
    assert codes["training.without_objects"]["count"] == 1
    asked = training.training_plan(project, ask(image_size=320))
    assert not asked.defaults["image_size"]["used"]


def test_labels_of_left_and_right_speak_against_mirroring(project: Project) -> None:
    def mirroring(**settings: object) -> dict[str, Any]:
        return training.training_plan(project, ask(**settings)).defaults["mirror"]

    for label, name in ((CELL, "left eye"), (CORE, "right eye")):
        labelling.rename_label(project, label, name)
    found = mirroring()
    assert found["value"] == "no" and found["used"]
    assert found["message"] == "not mirrored: left eye and right eye would be swapped"
    assert not mirroring(mirror="yes")["used"]
    labelling.set_label_role(project, CORE, LabelRole.IGNORE)
    assert mirroring()["value"] == "yes", "what is not learned cannot be learned wrongly"


def test_a_run_gets_its_snapshot_and_labels_with_their_roles(
    project: Project, pretend: Callable[[str], None]
) -> None:
    handle = training.start_training(project, ask(epochs=3))
    run = handle.wait(20)
    assert run.state is RunState.DONE and handle.split_made
    header, rows = snapshots.read_snapshot(project, run.snapshot or "")
    assert (header["version"], header["task"], header["from"]) == (2, "detection", "box")
    assert len(rows) == 13 and all(row["split"] for row in rows), "the negative has one too"
    assert rows[0]["frame"] == 0
    job = json.loads((paths.run(project.folder, run.id) / "JOB.json").read_text("utf-8"))
    assert job["task"] == "detection"
    assert job["params"]["labels"] == header["labels"]
    assert header["labels"][0]["role"] == "normal"
    assert "dropout" not in run.recipe and run.recipe["tile"] == 0


def test_a_projects_own_task_is_taken_where_none_is_asked_for(tmp_path: Path) -> None:
    from tlstudio.services.projects import create_project

    with create_project(tmp_path / "own.tlproj", task="detection") as project:
        error = refusal(project, TrainRequest(LIGHT, weights="none"))
        assert error.code == "training.no_images_at_all"
        error = refusal(project, TrainRequest("resnet18", weights="none"))
        assert error.code == "training.other_task"
        assert "--task classification" in str(error)


def test_default_weights_are_the_models_own_else_those_of_its_backbone(project: Project) -> None:
    error = refusal(project, ask(weights="default"))
    assert error.code == "weights.absent_backbone"
    assert LIGHT in str(error) and "squeezenet1_1" in str(error)
    assert refusal(project, ask("fasterrcnn_resnet50_fpn", "default")).code == "weights.absent_both"
    assert refusal(project, ask("yolo11n", "default")).code == "weights.absent"
    file = stored("squeezenet1_1")
    found = weights_of(project, ask(weights="default"))
    assert found == {
        "kind": "file",
        "path": str(file),
        "label": "squeezenet1_1.pth",
        "sha256": "ab" * 32,
        "part": "backbone",
        "model": "squeezenet1_1",
        "task": None,
    }
    own = stored(LIGHT)
    found = weights_of(project, ask(weights="default"))
    assert (found["path"], found["part"], found["model"]) == (str(own), "model", LIGHT)


@pytest.mark.parametrize("window", ["auto", "full"])
def test_the_plan_says_that_yolo_rounds_deep_images(window: str) -> None:
    recipe = Recipe.read({"window": window}, Task.DETECTION)
    rows = [{"bit_depth": 8}, {"bit_depth": 12}, {"bit_depth": 16}]
    found = LearningSet(Task.DETECTION, (), (), rows)

    def said(model: str) -> list[str]:
        start = Start(Task.DETECTION, find_model(model), recipe, {})
        return [render(notice.code, notice.params) for notice in about_depth(start, found)]

    seen, rounded = said("yolo11n")
    assert "2 of 3 images" in seen and "raw values" not in seen
    assert "looks at 8 bits" in rounded and "up to 16" in rounded
    [whole] = said(LIGHT)
    assert ("raw values" in whole) == (window == "auto")


def test_a_run_of_another_task_lends_its_backbone(project: Project) -> None:
    paint(project, 1, CELL, square(2, 2, 9))
    run = finished_run(project, Task.DETECTION)
    whole = weights_of(project, ask("yolo11n", f"run:{run}"))
    assert (whole["kind"], whole["part"], whole["task"]) == ("run", "model", "detection")
    error = refusal(project, ask(weights=f"run:{run}"))
    assert error.code == "training.other_family"
    _classifier(project, run)
    lent = weights_of(project, ask(weights=f"run:{run}"))
    assert (lent["part"], lent["model"]) == ("backbone", "squeezenet1_1")


def _classifier(project: Project, run: str) -> None:
    """Make the run one of a classifier."""
    sql = "UPDATE runs SET model = 'squeezenet1_1', task = 'classification' WHERE id = ?"
    project.transact("undo.run", lambda db: db.execute(sql, (run,)), undoable=False)


def test_a_persons_file_may_be_a_backbone_or_a_whole_model(
    project: Project, tmp_path: Path
) -> None:
    file = tmp_path / "mine.safetensors"
    file.write_bytes(b"weights")
    found = weights_of(project, ask(weights=str(file)))
    assert (found["kind"], found["part"], found["label"]) == ("file", "any", "mine.safetensors")


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("squeezenet1_1", "squeezenet1_1"),
        (LIGHT, "squeezenet1_1"),
        ("yolo11n", "yolo11n"),
        ("timm:resnet18.a1_in1k", "resnet18"),
        ("unet:timm-resnet18", "resnet18"),
        ("efficientnet_b0", "efficientnet_b0"),
        ("timm:efficientnet_b0.ra_in1k", "timm:efficientnet_b0"),
        ("unet:timm-efficientnet_b0", "timm:efficientnet_b0"),
        ("fasterrcnn_resnet50_fpn", "resnet50"),
    ],
)
def test_backbones_are_known_by_their_architecture(model: str, name: str) -> None:
    assert backbone_name(find_model(model)) == name
