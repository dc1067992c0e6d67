"""Training of torchvision's detectors on drawn squares."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tlstudio.domain.errors import Cancelled
from tlstudio.domain.events import EpochEnded, Event, Examples, Progressed, Remark
from tlstudio.domain.outcomes import SURE
from tlstudio.domain.priors import Priors
from tlstudio.domain.runs import JobSpec
from tlstudio.metrics.detection import Found
from tlstudio.ml import site_shift
from tlstudio.ml.detection import train, trainer
from tlstudio.ml.reporter import Orders, Reporter

sys.path.append(str(Path(__file__).parents[2] / "bench"))
box_sets: Any = import_module("box_sets")

Maker = Callable[..., JobSpec]


def run(job: JobSpec, orders: Orders | None = None) -> tuple[dict[str, Any], list[Event], Reporter]:
    heard: list[Event] = []
    reporter = Reporter(heard.append, orders)
    return train(job, reporter), heard, reporter


def curve(events: list[Event]) -> list[tuple[int, dict[str, float]]]:
    return [(e.epoch, e.values) for e in events if isinstance(e, EpochEnded)]


def codes(reporter: Reporter) -> set[str]:
    return {warning["code"] for warning in reporter.warnings}


def test_squares_are_learned_and_what_is_kept_says_how(job: Maker) -> None:
    made = job(epochs=8, augmentation="none", learning_rate=2e-3)
    answer, events, _ = run(made)
    found = curve(events)
    assert answer["metrics"]["map50"] > 0.02
    assert found[-1][1]["train_loss"] < 0.8 * found[0][1]["train_loss"]
    chosen = max(values["map50_95"] for _, values in found)
    assert answer["best"]["metric"] == "map50"
    facts = json.loads((Path(made.folder) / "best.json").read_text())
    assert facts["values"]["map50_95"] == pytest.approx(chosen)
    assert facts["task"] == "detection" and 0 < facts["threshold"] <= 1
    assert facts["metrics"]["f1"] == answer["metrics"]["f1"]
    assert facts["canvas"] == {"height": 64, "width": 64}
    assert [label["id"] for label in facts["labels"]] == [2, 3]
    names = set(load_file(Path(made.folder) / "best.safetensors"))
    assert "backbone.features.0.weight" in names
    json.dumps(answer)


def test_every_epoch_shows_examples(job: Maker) -> None:
    made = job(epochs=2)
    _, events, _ = run(made)
    files = [e.file for e in events if isinstance(e, Examples)]
    assert files == ["examples/epoch-001.json", "examples/epoch-002.json"]
    shown = json.loads((Path(made.folder) / files[0]).read_text())
    assert shown["epoch"] == 1 and len(shown["images"]) == 4
    assert {"image", "width", "height", "truth", "found"} <= set(shown["images"][0])
    assert {"boxes", "labels", "scores"} <= set(shown["images"][0]["found"])
    scores = [score for image in shown["images"] for score in image["found"]["scores"]]
    assert all(score >= SURE for score in scores), "no more than is ever shown"


def test_a_resumed_run_ends_with_the_same_weights(job: Maker, backbone_file: Path) -> None:
    settings = {
        "epochs": 3,
        "weights": backbone_file,
        "augmentation": "strong",
        "look_augmentation": "colour",
        "l2_sp": 0.5,  # towards the weights of the file, not those of the checkpoint
    }
    whole_job = job("whole", **settings)
    whole = curve(run(whole_job)[1])
    orders = Orders()

    def send(event: Event) -> None:
        if isinstance(event, Progressed) and (event.epoch or 0) == 3:
            orders.cancel.set()  # in the middle of the last epoch

    with pytest.raises(Cancelled):
        train(job("halves", **settings), Reporter(send, orders))
    resumed_job = job("halves", resume=True, **settings)
    resumed = curve(run(resumed_job)[1])
    assert [epoch for epoch, _ in resumed] == [3]
    assert resumed[0][1] == whole[2][1]
    kept = [
        torch.load(Path(j.folder) / "last.ckpt", weights_only=True)["model"]
        for j in (whole_job, resumed_job)
    ]
    assert all(torch.equal(kept[0][k], kept[1][k]) for k in kept[0])


def test_the_seed_decides(job: Maker) -> None:
    first, second, other = (
        curve(run(job(name, seed=seed, epochs=1))[1])
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert first == second != other


@pytest.mark.parametrize("strategy", ["feature-extraction", "probe-then-finetune", "last-n"])
def test_what_is_frozen_stays(job: Maker, backbone_file: Path, strategy: str) -> None:
    epochs = 2 if strategy == "probe-then-finetune" else 1
    made = job(weights=backbone_file, strategy=strategy, epochs=epochs, last_blocks=1)
    answer, _, reporter = run(made)
    kept = torch.load(Path(made.folder) / "last.ckpt", weights_only=True)["model"]
    start = load_file(backbone_file)
    changed = {n for n in start if not torch.equal(kept[f"backbone.{n}"], start[n])}
    if strategy == "feature-extraction":
        assert not changed
    elif strategy == "last-n":
        assert changed and all(n.startswith(("features.11", "features.12")) for n in changed)
    else:
        assert changed >= {"features.0.weight", "features.12.squeeze.weight"}
    layers = {layer["part"]: layer["source"] for layer in answer["weights_used"]["layers"]}
    assert layers == {"backbone": "weights", "head": "random"}
    assert "training.probe_skipped" not in codes(reporter)


def test_a_run_continues_another_detector_but_for_its_labels(job: Maker) -> None:
    first = job("first", epochs=1)
    run(first)
    kept = Path(first.folder) / "best.safetensors"
    answer, _, _ = run(job("second", weights=kept, part="model", epochs=1))
    used = answer["weights_used"]
    assert used["part"] == "model" and used["keys_missing"] == 4  # scores and boxes of labels
    assert [layer["source"] for layer in used["layers"]] == ["weights", "weights"]


def test_stop_keeps_what_is_there(job: Maker) -> None:
    orders = Orders()

    def send(event: Event) -> None:
        if isinstance(event, Progressed) and (event.epoch or 0) == 2:
            orders.stop.set()

    made = job(epochs=50)
    answer = train(made, Reporter(send, orders))
    assert answer["ended"] == "user" and (Path(made.folder) / "best.safetensors").is_file()


def test_a_time_limit_ends_the_run_with_low_rates(job: Maker) -> None:
    answer, events, _ = run(job(epochs=1000, time_limit=0.1))
    assert answer["ended"] == "time" and len(curve(events)) < 900
    assert answer["best"] is not None


def test_a_model_that_finds_nothing_is_said(job: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    def blind(model: Any, canvas: Any, units: Any, regions: list[Any], device: Any) -> list[Found]:
        return [Found.of([], [], []) for _ in regions]

    monkeypatch.setattr(trainer, "find", blind)
    answer, _, reporter = run(job(epochs=1))
    assert "training.finds_nothing" in codes(reporter)
    assert answer["metrics"]["map50"] == 0.0


def test_without_validation_the_last_epoch_is_kept_and_said(
    job: Maker, drawn: list[dict[str, Any]]
) -> None:
    rows = [row for row in drawn if row["split"] == "train"]
    answer, _, reporter = run(job(rows=rows, epochs=1))
    assert "training.no_validation" in codes(reporter)
    assert answer["best"] is None and answer["metrics"] == {}


def test_one_training_image_is_enough(job: Maker, drawn: list[dict[str, Any]]) -> None:
    """SSDlite's last map is a single place here, which batch norm cannot spread out alone."""
    rows = [row for row in drawn if row["split"] == "train"][:1]
    answer, _, _ = run(
        job(rows=rows, model="ssdlite320_mobilenet_v3_large", image_size=96, epochs=1)
    )
    assert answer["epochs"] == 1


def test_without_objects_in_validation_the_last_epoch_is_kept_and_said(
    job: Maker, drawn: list[dict[str, Any]]
) -> None:
    region = {"kind": "box", "label": 9, "box": [0, 0, 9, 9], "crowd": True}
    rows = [
        row if row["split"] == "train" else {**row, "annotations": [region] if at % 2 else []}
        for at, row in enumerate(drawn)
    ]
    labels = [*box_sets.SQUARES, {"id": 9, "name": "dirt", "role": "ignore"}]
    made = job(rows=rows, labels=labels, epochs=3, patience=1)
    answer, _, reporter = run(made)
    assert "training.no_validation_objects" in codes(reporter)
    assert "training.finds_nothing" not in codes(reporter), "there is nothing to find"
    assert (answer["ended"], answer["epochs"]) == ("completed", 3)
    assert answer["best"] is None and "map50" not in answer["metrics"]
    assert json.loads((Path(made.folder) / "best.json").read_text())["epoch"] == 3


def test_what_is_found_in_ignored_regions_is_no_false_alarm(
    job: Maker, drawn: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor what is found on a label that only validation has."""
    region = {"kind": "box", "label": 9, "box": [0, 0, 10, 10], "crowd": True}
    thing = {"kind": "box", "label": 2, "box": [20, 20, 20, 20], "crowd": False}
    other = {"kind": "box", "label": 4, "box": [50, 0, 10, 10], "crowd": False}

    def seeing(model: Any, canvas: Any, units: Any, regions: list[Any], device: Any) -> list[Found]:
        boxes = [[1, 1, 9, 9], [50, 1, 9, 9], [20, 20, 20, 20]]
        return [Found.of(boxes, [0, 1, 0], [0.9, 0.8, 0.7]) for _ in regions]

    monkeypatch.setattr(trainer, "find", seeing)
    rows = [
        row if row["split"] == "train" else {**row, "annotations": [region, thing, other]}
        for row in drawn
    ]
    more = (
        {"id": 4, "name": "rare", "role": "normal"},
        {"id": 9, "name": "dirt", "role": "ignore"},
    )
    answer, _, _ = run(job(rows=rows, labels=[*box_sets.SQUARES, *more], epochs=1))
    assert answer["metrics"]["map50"] == pytest.approx(1.0)
    assert answer["metrics"]["precision"] == 1.0


def test_large_images_are_learned_in_tiles(job: Maker) -> None:
    made = job(epochs=1, tile=40, overlap=0.1, image_size=64)
    _, events, _ = run(made)
    facts = json.loads((Path(made.folder) / "best.json").read_text())
    assert (facts["tile"], facts["canvas"]) == (40, {"height": 64, "width": 64})
    steps = [e.total for e in events if isinstance(e, Progressed) and e.epoch == 1]
    assert max(t for t in steps if t) > 12 // 4  # more pieces than images


def test_anchors_may_be_the_published_ones(job: Maker) -> None:
    own, usual = job("own", epochs=1), job("usual", epochs=1, anchors="standard")
    for each in (own, usual):
        run(each)
    first, second = (
        json.loads((Path(j.folder) / "best.json").read_text())["anchors"] for j in (own, usual)
    )
    assert first != second and second["sizes"][-1][-1] == 360.0


def test_a_run_goes_on_with_the_anchors_it_has_learned_with(
    job: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = job(resume=True)
    learned_with = Priors(((9.0,), (18.0,), (36.0,)), (1.0,))
    facts = {"recipe": made.params["recipe"], "anchors": learned_with.to_json()}
    (Path(made.folder) / "best.json").write_text(json.dumps(facts))

    class Built(Exception):
        pass

    def told(*_given: Any, priors: Priors, **_named: Any) -> Any:
        raise Built(priors)

    monkeypatch.setattr(trainer, "build_detector", told)
    with pytest.raises(Built) as built:
        run(made)
    assert built.value.args == (learned_with,)


def test_images_that_changed_are_left_out_and_named(
    job: Maker, drawn: list[dict[str, Any]]
) -> None:
    rows = [{**drawn[0], "sha256": "0" * 64}, *drawn[1:]]
    for tile in (-1, 40):
        _, _, reporter = run(job(f"run{tile}", rows=rows, epochs=1, tile=tile))
        (told,) = [w for w in reporter.warnings if w["code"] == "training.images_left_out"]
        assert (told["params"]["count"], told["params"]["total"]) == (1, len(drawn))


def test_other_sites_look_is_given_to_training_images_alone(
    job: Maker, drawn: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[tuple[str, float]] = []

    def watched(pixels: Any, _drawn: Any, kind: str, strength: float) -> Any:
        given.append((kind, strength))
        return pixels

    monkeypatch.setattr(site_shift, "vary", watched)
    grey = [row | {"mode": "L"} for row in drawn]
    made = job(rows=grey, epochs=1, look_augmentation="colour")
    _, events, _ = run(made)
    steps = {e.total for e in events if isinstance(e, Progressed) and e.epoch == 1}
    assert given == [("colour", 0.5)] * (4 * steps.pop())
    assert "training.look_grey" in {e.code for e in events if isinstance(e, Remark)}
