"""Runs that learn a style: what they learn from, what they refuse, what stands in their folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import Split
from tlstudio.domain.runs import RunState
from tlstudio.services import labelling, training
from tlstudio.services.evaluation import evaluate
from tlstudio.services.images import find_images
from tlstudio.services.predictions import predict_report
from tlstudio.services.projects import Project
from tlstudio.services.run_examples import before, style_examples
from tlstudio.services.style_images import style_of, style_preview
from tlstudio.services.training import TrainRequest
from tlstudio.storage import paths, runs, snapshots

MODEL = "fast-style:squeezenet1_1"

Pictures = Callable[..., Project]
Pretend = Callable[[str], None]


@pytest.fixture
def ask(tmp_path: Path) -> Callable[..., TrainRequest]:
    """A request that could start: a painting, and a file of weights that nobody will read."""
    pixels = np.random.default_rng(5).integers(0, 255, (40, 60, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "painting.jpg", comment=b"Anna Muster")
    (tmp_path / "teacher.safetensors").write_bytes(b"weights")

    def request(**changes: Any) -> TrainRequest:
        usual: dict[str, Any] = {
            "model": MODEL,
            "task": "style",
            "weights": str(tmp_path / "teacher.safetensors"),
            "style": str(tmp_path / "painting.jpg"),
            "settings": {"image_size": 64, "epochs": 1},
        }
        return TrainRequest(**{**usual, **changes})

    return request


@pytest.fixture
def unlabelled(pictures: Pictures) -> Project:
    """Twelve images without a label and without a split."""
    project = pictures({"bars": 6, "dots": 6})
    labelling.delete_labels(project, [label.id for label in labelling.list_labels(project)])
    return project


def _folder(project: Project, run_id: str) -> Path:
    return paths.run(project.folder, run_id)


def _job(project: Project, run_id: str) -> dict[str, Any]:
    text = (_folder(project, run_id) / "JOB.json").read_text("utf-8")
    return dict(json.loads(text)["params"])


def _code(project: Project, request: TrainRequest) -> str:
    with pytest.raises(UserError) as caught:
        training.start_training(project, request)
    with pytest.raises(UserError) as planned:
        training.training_plan(project, request)
    assert planned.value.code == caught.value.code
    assert training.list_runs(project) == []
    assert "<" not in str(caught.value)
    return caught.value.code


def _mark_synthetic(project: Project, ids: list[int]) -> None:
    marks = ", ".join(map(str, ids))
    project.transact(
        "undo.split",
        lambda db: db.execute(f"UPDATE images SET synthetic = 1 WHERE id IN ({marks})"),
        undoable=False,
    )


def test_images_need_neither_labels_nor_a_split(
    unlabelled: Project, ask: Callable[..., TrainRequest], pretend: Pretend
) -> None:
    plan = training.training_plan(unlabelled, ask())
    assert (plan.images["train"], plan.images["val"], plan.makes_split) == (10, 2, False)
    assert plan.labels == {} and plan.objects == {}
    codes = [warning["code"] for warning in plan.warnings]
    assert codes == ["training.held_out", "training.few_pictures"]
    assert plan.defaults["width"]["used"] and not plan.defaults["epochs"]["used"]
    run = training.start_training(unlabelled, ask()).wait(20)
    assert run.state is RunState.DONE
    header, rows = snapshots.read_snapshot(unlabelled, run.snapshot or "")
    assert (header["task"], header["from"], header["labels"]) == ("style", "none", [])
    assert len(rows) == 12 and not any(row["annotations"] for row in rows)
    with unlabelled.read() as db:
        splits = db.column("SELECT DISTINCT split FROM images")
    assert splits == [None], "the project's own images stay in no split"


def test_where_there_is_a_split_it_is_kept(
    pictures: Pictures, ask: Callable[..., TrainRequest]
) -> None:
    project = pictures({"bars": 6, "dots": 6})
    ids = find_images(project)
    labelling.set_split(project, ids[:5], Split.TRAIN)
    labelling.set_split(project, ids[5:7], Split.VAL)
    labelling.set_split(project, ids[7:9], Split.TEST)
    plan = training.training_plan(project, ask())
    assert plan.images == {"train": 5, "val": 2, "test": 2, "": 3}
    codes = {warning["code"]: warning["params"] for warning in plan.warnings}
    assert codes["training.unsplit_pictures"] == {"count": 3}
    assert "training.leaks" not in codes


def test_images_made_here_are_left_out(
    unlabelled: Project, ask: Callable[..., TrainRequest]
) -> None:
    ids = find_images(unlabelled)
    _mark_synthetic(unlabelled, ids[:3])
    plan = training.training_plan(unlabelled, ask())
    assert sum(plan.images.values()) == 9
    assert {"count": 3} in [w["params"] for w in plan.warnings]
    _mark_synthetic(unlabelled, ids)
    assert _code(unlabelled, ask()) == "training.all_synthetic"


def test_the_style_image_lies_beside_the_run_and_is_named(
    unlabelled: Project, ask: Callable[..., TrainRequest], pretend: Pretend, tmp_path: Path
) -> None:
    run = training.start_training(unlabelled, ask()).wait(20)
    told = style_of(unlabelled, run.id)
    assert told["label"] == "painting.jpg"
    kept = Path(told["path"])
    assert kept == _folder(unlabelled, run.id) / "style.png"
    assert b"Muster" not in kept.read_bytes()
    with Image.open(kept) as copy, Image.open(tmp_path / "painting.jpg") as original:
        assert (copy.mode, copy.size) == ("RGB", original.size)
    job = _job(unlabelled, run.id)
    assert job["style"] == {**told, "frame": 0}
    assert job["labels"] == []
    assert job["recipe"]["image_size"] == 64 and "strategy" not in job["recipe"]


def test_an_image_of_the_project_is_named_by_its_number_alone(
    unlabelled: Project, ask: Callable[..., TrainRequest], pretend: Pretend
) -> None:
    image = find_images(unlabelled)[3]
    run = training.start_training(unlabelled, ask(style=f"image:{image}")).wait(20)
    assert style_of(unlabelled, run.id)["label"] == f"image:{image}"
    name, pixels = style_preview(unlabelled, f"image:{image}", 8)
    assert name.endswith(".png") and pixels.shape == (8, 8, 3)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"style": None}, "training.style_none"),
        ({"style": "nowhere.jpg"}, "training.style_file"),
        ({"style": "image:99"}, "training.style_image"),
        ({"style": "image:one"}, "training.style_image"),
        ({"weights": "none"}, "training.style_random"),
        ({"weights": "run:r0001"}, "training.style_from_run"),
        ({"weights": "default"}, "weights.absent_features"),
        ({"source_kind": "box"}, "training.style_kinds"),
        ({"settings": {"image_size": 66}}, "recipe.size"),
        ({"settings": {"strategy": "full"}}, "recipe.other_task"),
        ({"task": "detection"}, "training.other_task"),
        ({"task": "detection", "model": "yolo11n"}, "training.style_unwanted"),
    ],
)
def test_requests_that_cannot_work_are_refused(
    unlabelled: Project, ask: Callable[..., TrainRequest], changes: dict[str, Any], code: str
) -> None:
    assert _code(unlabelled, ask(**changes)) == code


def test_a_style_image_that_cannot_be_read_leaves_no_run(
    unlabelled: Project, ask: Callable[..., TrainRequest], tmp_path: Path
) -> None:
    (tmp_path / "torn.jpg").write_bytes(b"no picture")
    with pytest.raises(UserError):
        training.start_training(unlabelled, ask(style=str(tmp_path / "torn.jpg")))
    assert training.list_runs(unlabelled) == []


def test_what_the_data_hold_is_said_before_a_style_is_chosen(
    unlabelled: Project, ask: Callable[..., TrainRequest]
) -> None:
    request = ask(style=None, weights="default")
    assert sum(training.training_plan(unlabelled, request, whole=False).images.values()) == 12
    with pytest.raises(UserError):
        training.training_plan(unlabelled, request)


def test_a_run_goes_on_with_its_own_copy_of_the_style(
    unlabelled: Project, ask: Callable[..., TrainRequest], pretend: Pretend, tmp_path: Path
) -> None:
    pretend("wait")
    handle = training.start_training(unlabelled, ask())
    handle.stop()
    run = handle.wait(20)
    before_ = _job(unlabelled, run.id)["style"]
    (tmp_path / "painting.jpg").unlink()
    pretend("finish")
    again = training.resume_training(unlabelled, run.id).wait(20)
    assert (again.state, _job(unlabelled, run.id)["style"]) == (RunState.DONE, before_)
    with pytest.raises(UserError) as done:
        training.resume_training(unlabelled, run.id)
    assert done.value.code == "training.nothing_to_resume_style"


def test_a_run_whose_style_is_gone_says_so(
    unlabelled: Project, ask: Callable[..., TrainRequest], pretend: Pretend
) -> None:
    pretend("crash")
    run = training.start_training(unlabelled, ask()).wait(20)
    (_folder(unlabelled, run.id) / "style.png").unlink()
    assert style_of(unlabelled, run.id) == {}
    with pytest.raises(UserError) as gone:
        training.resume_training(unlabelled, run.id)
    assert gone.value.code == "training.style_lost"


def test_nothing_judges_ranks_or_labels_with_a_stylizer(
    unlabelled: Project, ask: Callable[..., TrainRequest], pretend: Pretend
) -> None:
    run = training.start_training(unlabelled, ask()).wait(20)
    refused = {
        "evaluation.style": lambda: evaluate(unlabelled, run.id),
        "restyle.predictions": lambda: predict_report(unlabelled, run.id),
        "training.stylizer_start": lambda: training.start_training(
            unlabelled, TrainRequest("squeezenet1_1", weights=f"run:{run.id}")
        ),
    }
    for code, act in refused.items():
        with pytest.raises(UserError) as caught:
            act()
        assert caught.value.code == code
    with unlabelled.read() as db, pytest.raises(UserError) as ranked:
        runs.get_run(db, "best", task="style")
    assert ranked.value.code == "project.no_best_style"
    assert training.runs_to_start_from(unlabelled, "squeezenet1_1") == []
    assert training.runs_to_start_from(unlabelled, MODEL) == []


def test_examples_are_pictures_beside_their_originals(
    unlabelled: Project, ask: Callable[..., TrainRequest], pretend: Pretend
) -> None:
    run = training.start_training(unlabelled, ask()).wait(20)
    folder = _folder(unlabelled, run.id) / "examples"
    folder.mkdir()
    image = find_images(unlabelled)[0]
    Image.new("RGB", (10, 8)).save(folder / "epoch-001-1.jpg")
    told = [
        {"image": image, "width": 10, "height": 8, "picture": "examples/epoch-001-1.jpg"},
        {"image": image, "width": 10, "height": 8, "picture": "examples/gone.jpg"},
        {"image": image, "width": 10, "height": 8, "picture": "../../project.db"},
        {"image": image},
    ]
    (folder / "epoch-001.json").write_text(json.dumps({"epoch": 1, "images": told}))
    [found] = style_examples(unlabelled, run.id, "examples/epoch-001.json")
    assert found.picture.name == "epoch-001-1.jpg"
    assert before(unlabelled, run.id, found).shape == (8, 10, 3)
    assert style_examples(unlabelled, run.id, "../elsewhere.json") == []
    assert style_examples(unlabelled, run.id, "examples/none.json") == []


def test_the_plan_tells_what_the_worker_takes_where_nothing_is_said() -> None:
    from tlstudio.catalog.index import find
    from tlstudio.catalog.styles import WIDTH
    from tlstudio.domain.advice import for_style, settle
    from tlstudio.domain.recipe import Recipe
    from tlstudio.domain.tasks import Task

    spec = find(MODEL)
    made = settle(Recipe.read({}, Task.STYLE), for_style(spec), Task.STYLE)
    assert (made.width, made.image_size) == (WIDTH, spec.input_size)
    spec.check_size(made.image_size)
    given = settle(Recipe.read({"epochs": 3}, Task.STYLE), for_style(spec), Task.STYLE)
    assert given.epochs == 3


@pytest.mark.slow
def test_weights_brought_for_a_stylizer_are_those_of_its_feature_network(
    feature_file: Path,
) -> None:
    from tlstudio.services.models import import_weights, list_models

    assert import_weights(MODEL, feature_file).model == "squeezenet1_1"
    [row] = [each for each in list_models("style") if each.spec.id == MODEL]
    assert (row.weights, row.weights_of) == ("present", "squeezenet1_1")
