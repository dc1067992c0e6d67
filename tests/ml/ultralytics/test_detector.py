"""Runs of a YOLO detector in this process: what rests, what is kept, what is said."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import nn

from tlstudio.domain.errors import Cancelled, UserError
from tlstudio.domain.events import EpochEnded, Event, Examples, Progressed, Remark
from tlstudio.domain.runs import JobSpec
from tlstudio.ml import detection, site_shift
from tlstudio.ml.detection.answering import answer_request
from tlstudio.ml.devices import choose_device
from tlstudio.ml.loop import State
from tlstudio.ml.reporter import Orders, Reporter
from tlstudio.ml.ultralytics.letterbox import GREY
from tlstudio.ml.ultralytics.network import layer_of
from tlstudio.ml.ultralytics.predicting import load_kept

sys.path.append(str(Path(__file__).parents[2] / "bench"))
box_sets: Any = import_module("box_sets")

SIDE = 64
Network = Callable[..., nn.Module]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)  # whatever tests ran before this one
    yield
    torch.set_num_threads(before)


@pytest.fixture
def rows(tmp_path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = box_sets.squares(tmp_path / "drawn", train=6, val=2, side=SIDE)
    return found


def make(folder: Path, rows: list[dict[str, Any]], **facts: Any) -> JobSpec:
    weights, model = facts.pop("weights", None), facts.pop("model", "yolo11n")
    resume = facts.pop("resume", False)
    chosen = {"image_size": SIDE, "epochs": 1, "batch_size": 3, "device": "cpu"}
    job: JobSpec = box_sets.training_job(
        folder,
        rows,
        model=model,
        settings=chosen | facts,
        labels=box_sets.SQUARES,
        weights=weights,
        resume=resume,
    )
    return job


def test_a_frozen_backbone_stays_as_it_was(
    network: Network, rows: list[dict[str, Any]], tmp_path: Path
) -> None:
    start = {name: value.contiguous() for name, value in network().state_dict().items()}
    save_file(start, tmp_path / "w.safetensors")
    facts = {"strategy": "feature-extraction", "weights": tmp_path / "w.safetensors"}
    told = detection.train(make(tmp_path / "run", rows, **facts), Reporter())
    used = told["weights_used"]
    assert [layer["source"] for layer in used["layers"]] == ["weights", "weights"]
    assert used["keys_missing"] == 3 * 2, "three levels' last convolution tells other labels"
    kept = load_file(tmp_path / "run" / "best.safetensors")
    moved = {
        layer_of(name)
        for name, value in kept.items()
        if value.is_floating_point() and not torch.equal(value, start[name])
        if value.shape == start[name].shape
    }
    assert moved and min(moved) == 13, "the first layer with weights behind the backbone"


def test_an_epoch_asks_how_much_of_the_time_limit_is_used_up() -> None:
    from tlstudio.ml.ultralytics.detector import _Run
    from tlstudio.ml.ultralytics.strategies import Course

    course = Course((), (0, 1), first_epochs=15, decay=1.0, still_norms=False, l2_sp=0.0)
    frozen: list[tuple[int, ...]] = []
    for spent in (0.1, 0.2):
        run: Any = SimpleNamespace(course=course, spent=lambda spent=spent: spent)
        lessons: Any = SimpleNamespace(epoch=1, frozen=None, freeze=frozen.append)
        _Run.epoch_begins(run, lessons)
    assert frozen == [(0, 1), ()]


def test_no_patience_is_lost_at_rest_in_the_warm_up_and_before_anything_is_found() -> None:
    from tlstudio.ml.ultralytics.detector import _Run
    from tlstudio.ml.ultralytics.strategies import Course

    run: Any = SimpleNamespace(
        course=Course((), (0, 1), first_epochs=2, decay=1.0, still_norms=False, l2_sp=0.0),
        state=State(),
        keeper=SimpleNamespace(best=lambda _state: None),
        _measure=lambda: None,
    )

    def counts(epoch: int, figure: float, *, rests: bool, warming: bool) -> tuple[int, int]:
        lessons: Any = SimpleNamespace(frozen=(0, 1) if rests else (), warming=warming)
        values = {"map50": figure, "map50_95": figure, "train_loss": 1.0}
        _Run._judge(run, lessons, values, epoch)
        return run.state.stale, run.state.fruitless

    assert counts(1, 0.3, rests=True, warming=True) == (0, 0)
    assert counts(2, 0.2, rests=False, warming=True) == (0, 0)
    assert counts(3, 0.0, rests=False, warming=False) == (0, 0)
    assert counts(4, 0.0, rests=False, warming=False) == (0, 1)
    assert counts(5, 0.2, rests=False, warming=False) == (0, 0)
    assert counts(6, 0.1, rests=False, warming=False) == (1, 0)
    assert run.state.best_epoch == 1 and run.state.peak["map50_95"] == 0.2


@pytest.mark.parametrize("model", ["yolo11n", "yolo26n"])
def test_a_run_broken_off_goes_on_to_the_same_end(
    model: str, rows: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where gradients were gathered over the end of an epoch."""
    from tlstudio.ml.ultralytics import setting

    monkeypatch.setattr(setting, "STEPS", 2)  # 12 images a step: four batches, two an epoch
    facts = {"model": model, "epochs": 3, "strategy": "full", "look_augmentation": "colour"}

    def run(name: str, *, cancelled_in: int = 0, resume: bool = False) -> dict[int, Any]:
        orders, ended = Orders(), {}

        def hear(event: Event) -> None:
            if isinstance(event, EpochEnded):
                ended[event.epoch] = event.values
            if isinstance(event, Progressed) and event.epoch == cancelled_in:
                orders.cancel.set()

        detection.train(make(tmp_path / name, rows, resume=resume, **facts), Reporter(hear, orders))
        return ended

    whole = run("whole")
    with pytest.raises(Cancelled):
        run("broken", cancelled_in=2)
    saved = torch.load(tmp_path / "broken" / "last.ckpt", weights_only=True)
    assert saved["gathered"], "gradients wait for the next epoch"
    rest = run("broken", resume=True)
    assert sorted(whole) == [1, 2, 3] and sorted(rest) == [2, 3]
    for epoch, values in rest.items():
        assert values == pytest.approx(whole[epoch], abs=1e-6)
    ends = [load_file(tmp_path / name / "best.safetensors") for name in ("whole", "broken")]
    assert all(torch.allclose(ends[0][n], ends[1][n], atol=1e-6) for n in ends[0])


def test_a_resumed_run_never_loses_a_better_model_to_a_worse_one(
    rows: list[dict[str, Any]], tmp_path: Path
) -> None:
    orders = Orders()

    def hear(event: Event) -> None:
        if isinstance(event, Progressed) and event.epoch == 2:
            orders.stop.set()

    detection.train(make(tmp_path / "run", rows, epochs=2), Reporter(hear, orders))
    kept = tmp_path / "run" / "best.json"
    facts = json.loads(kept.read_text())
    values = facts["values"] | {"map50_95": 1.0}
    kept.write_text(json.dumps(facts | {"epoch": 2, "values": values}))
    said: list[Event] = []
    detection.train(make(tmp_path / "run", rows, epochs=2, resume=True), Reporter(said.append))
    assert [(e.epoch, e.best) for e in said if isinstance(e, EpochEnded)] == [(2, False)]
    assert json.loads(kept.read_text())["values"] == values


def test_without_validation_the_last_epoch_is_kept_and_deep_images_are_rounded(
    rows: list[dict[str, Any]], tmp_path: Path
) -> None:
    deep = tmp_path / "deep.png"
    Image.fromarray(np.full((48, 64), 40_000, np.uint16)).save(deep)
    learned = [row for row in rows if row["split"] == "train"]
    learned[0] |= {"path": str(deep), "sha256": None, "bit_depth": 16, "annotations": []}
    learned.append({**learned[1], "image": 99, "path": str(tmp_path / "gone.png")})
    said: list[Event] = []
    told = detection.train(make(tmp_path / "run", learned, epochs=2), Reporter(said.append))
    assert {e.code for e in said if isinstance(e, Remark)} >= {
        "training.eight_bits",
        "training.no_validation",
        "training.images_left_out",
    }
    ended = [e for e in said if isinstance(e, EpochEnded)]
    assert [(e.epoch, set(e.values), e.best) for e in ended] == [
        (1, {"train_loss"}, True),
        (2, {"train_loss"}, True),
    ]
    assert (told["metrics"], told["best"], told["epochs"]) == ({}, None, 2)
    facts = json.loads((tmp_path / "run" / "best.json").read_text())
    assert facts["window"]["kind"] == "auto" and facts["task"] == "detection"
    assert [label["id"] for label in facts["labels"]] == [2, 3]

    asked = {"run_folder": str(tmp_path / "run"), "out": str(tmp_path / "found.jsonl")}
    items = [{"key": row["image"], "path": row["path"]} for row in (*learned[:2], learned[-1])]
    job = JobSpec("predict", "detection", str(tmp_path), str(tmp_path), {**asked, "items": items})
    answer = detection.predict(job, Reporter())
    lines = [json.loads(line) for line in (tmp_path / "found.jsonl").read_text().splitlines()]
    assert [line["key"] for line in lines] == [1, 2] and answer["predicted"] == 2
    assert [(s["key"], s["code"]) for s in answer["skipped"]] == [(99, "data.file_missing")]
    for line in lines:
        assert line["scores"] == sorted(line["scores"], reverse=True)
        assert set(line["labels"]) <= {2, 3} and len(line["boxes"]) <= 300
        assert all(0 <= x <= x + w <= 64.001 for x, _, w, _ in line["boxes"])
    kept = load_kept(tmp_path / "run", choose_device("cpu"))
    warm = answer_request(kept, {"path": learned[1]["path"]}, tmp_path)
    assert warm["boxes"] == lines[1]["boxes"] and warm["threshold"] == facts["threshold"]


def test_without_objects_in_validation_the_last_epoch_is_kept_and_said(
    rows: list[dict[str, Any]], tmp_path: Path
) -> None:
    learned = [row if row["split"] == "train" else {**row, "annotations": []} for row in rows]
    reporter = Reporter()
    made = make(tmp_path / "run", learned, epochs=3, patience=1)
    told = detection.train(made, reporter)
    assert "training.no_validation_objects" in {each["code"] for each in reporter.warnings}
    assert (told["ended"], told["epochs"]) == ("completed", 3)
    assert (told["metrics"], told["best"]) == ({}, None)
    facts = json.loads((tmp_path / "run" / "best.json").read_text())
    assert facts["epoch"] == 3 and "map50" not in facts["values"]


def test_what_lies_in_ignored_regions_is_hidden_from_training_alone(
    rows: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tlstudio.ml.ultralytics import lessons

    region = {"kind": "box", "label": 9, "box": [0, 0, 8, 6], "crowd": True}
    learned = [{**row, "annotations": [region, *row["annotations"][:1]]} for row in rows]
    made = make(tmp_path / "run", learned, epochs=2, augmentation="none")
    made.params["labels"].append({"id": 9, "name": "dirt", "role": "ignore"})
    read, seen = lessons.Pages.load_image, []

    def watched(self: Any, i: int, **facts: Any) -> Any:
        told = read(self, i, **facts)
        grey = (told[0] == GREY).all(axis=-1)
        for each in learned[self._places[i]]["annotations"][1:]:
            x, y, width, height = each["box"]
            grey[y : y + height, x : x + width] = True  # objects stay
        seen.append((self.augment, bool(grey[:6, :8].all())))
        return told

    monkeypatch.setattr(lessons.Pages, "load_image", watched)
    detection.train(made, Reporter())
    assert set(seen) == {(True, True), (False, False)}


def test_sizes_that_do_not_fit_the_grids_are_refused_before_anything_is_read(
    rows: list[dict[str, Any]], tmp_path: Path
) -> None:
    with pytest.raises(UserError) as caught:
        detection.train(make(tmp_path / "run", rows, image_size=70), Reporter())
    assert caught.value.code == "recipe.size"


def test_large_images_are_learned_and_searched_in_tiles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tlstudio.ml.ultralytics.detector.SURE", 0.001)  # it has learned little
    rows = box_sets.squares(tmp_path / "drawn", train=3, val=2, side=160)
    said: list[Event] = []
    facts = {"tile": 64, "overlap": 0.25}
    detection.train(make(tmp_path / "run", rows, **facts), Reporter(said.append))
    steps = {e.total for e in said if isinstance(e, Progressed) and e.epoch == 1}
    tiles = 3 * (3 * 3)  # 160 x 120 px in pieces of 64 that overlap by a quarter
    assert steps == {tiles // 3}
    kept = json.loads((tmp_path / "run" / "best.json").read_text())
    assert (kept["tile"], kept["overlap"]) == (64, 0.25)
    (shown,) = [e for e in said if isinstance(e, Examples)]
    images = json.loads((tmp_path / "run" / shown.file).read_text())["images"]
    model = load_kept(tmp_path / "run", choose_device("cpu"))
    for image, row in zip(images, rows[3:], strict=True):
        again = answer_request(model, {"path": row["path"]}, tmp_path)
        assert (again["width"], again["height"]) == (160, 120)
        found, expected = (np.array(a["boxes"][:20]) for a in (again, image["found"]))
        np.testing.assert_allclose(found, expected, atol=0.05)
        assert found[:, 0].max() > 64, "boxes in pixels of the image, not of a tile"


def test_a_time_limit_is_kept_and_the_schedule_fits_into_it(
    rows: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a clock of its own: the first epoch takes thrice as long as the others."""
    from tlstudio.ml.runs import starting
    from tlstudio.ml.ultralytics import detector

    now = [1000.0]
    step_done = detector._Run.step_done

    def ticking(run: Any, taught: Any) -> None:
        now[0] += 0.6 if taught.epoch == 0 else 0.2
        step_done(run, taught)

    for module in (detector, starting):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(detector._Run, "step_done", ticking)
    said: list[Event] = []
    facts = {"epochs": 1000, "time_limit": 0.15, "patience": 1000}
    told = detection.train(make(tmp_path / "run", rows, **facts), Reporter(said.append))
    planned = [e.epochs for e in said if isinstance(e, EpochEnded)]
    assert told["ended"] == "time" and 8 <= now[0] - 1000 < 10
    assert planned[0] == 1000 and planned[-1] < 200, "from the second epoch on it knows its pace"
    assert abs(planned[-1] - len(planned)) <= 2, "the rates came down to the end of their schedule"


def test_mosaics_follow_the_plan_of_a_time_limit(
    rows: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of few epochs see them, and a plan that grows brings them back."""
    from tlstudio.ml.ultralytics import detector, lessons

    plans = iter([4, 4, 14, 5])
    shown: dict[int, set[bool]] = {}
    read = lessons.Pages.__getitem__

    def watched(self: Any, i: int) -> Any:
        if self.augment:
            mosaic = self.transforms.transforms[0].transforms[0]
            shown.setdefault(int(self.epoch[0]), set()).add(mosaic.p > 0)
        return read(self, i)

    def planned(run: Any, taught: Any, epoch: int) -> None:
        taught.plan_epochs(next(plans, taught.epochs))

    monkeypatch.setattr(lessons.Pages, "__getitem__", watched)
    monkeypatch.setattr(detector._Run, "_plan_on", planned)
    facts = {"epochs": 1000, "augmentation": "medium", "min_steps": 0}
    detection.train(make(tmp_path / "run", rows, **facts), Reporter())
    mosaics = [shown[epoch] for epoch in sorted(shown)]
    assert mosaics == [{True}, {True}, {False}, {True}, {False}]


def test_other_sites_look_is_given_to_training_images_alone(
    rows: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[tuple[float, ...]] = []

    def watched(pixels: Any, numbers: Any, kind: str, strength: float) -> Any:
        assert (kind, strength, pixels.dtype) == ("colour", 0.5, np.uint8)
        drawn.append(tuple(numbers))
        return pixels

    monkeypatch.setattr(site_shift, "vary", watched)
    facts = {"look_augmentation": "colour", "augmentation": "light", "epochs": 2}
    detection.train(make(tmp_path / "run", rows, **facts), Reporter())
    shown = sum(row["split"] == "train" for row in rows)
    rounds = len(drawn) // (2 * shown)
    assert rounds and len(drawn) == 2 * shown * rounds
    assert len(set(drawn)) == len(drawn), "each image of each epoch has a look of its own"
