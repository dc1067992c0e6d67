from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from tlstudio.catalog.index import find
from tlstudio.domain.errors import Cancelled, UserError
from tlstudio.domain.events import EpochEnded, Event, Examples, Progressed
from tlstudio.domain.runs import JobSpec
from tlstudio.domain.windows import Window
from tlstudio.metrics.segmentation import count
from tlstudio.ml import site_shift, zoo
from tlstudio.ml.devices import Device
from tlstudio.ml.reporter import Orders, Reporter
from tlstudio.ml.runs import starting
from tlstudio.ml.runs.snapshot import Picture
from tlstudio.ml.segmentation import losses, train, trainer
from tlstudio.ml.segmentation.data import Loader
from tlstudio.ml.segmentation.scoring import Validation
from tlstudio.ml.segmentation.view import View

Maker = Callable[..., JobSpec]


def run(job: JobSpec, orders: Orders | None = None) -> tuple[dict[str, Any], list[Event], Reporter]:
    heard: list[Event] = []
    reporter = Reporter(heard.append, orders)
    return train(job, reporter), heard, reporter


def curve(events: list[Event]) -> list[tuple[int, dict[str, float]]]:
    return [(e.epoch, e.values) for e in events if isinstance(e, EpochEnded)]


def codes(reporter: Reporter) -> set[str]:
    return {warning["code"] for warning in reporter.warnings}


@pytest.fixture
def classifier_file(tmp_path: Path) -> Path:
    """What a classifier's run keeps."""
    torch.manual_seed(5)
    model = zoo.build(find("mobilenet_v3_small"), 2, image_size=64)
    save_file(model.state_dict(), tmp_path / "classifier.safetensors")
    return tmp_path / "classifier.safetensors"


def test_discs_are_learned_and_the_best_is_kept_with_its_facts(segmentation_job: Maker) -> None:
    job = segmentation_job(8, 2, epochs=4, min_steps=48, learning_rate=0.005)
    answer, events, _ = run(job)
    found = curve(events)
    assert [epoch for epoch, _ in found] == [1, 2, 3, 4]
    assert {"train_loss", "val_loss", "dice", "iou", "pixel_accuracy"} <= found[0][1].keys()
    assert answer["best"]["metric"] == "dice" and answer["metrics"]["dice"] > 0.7
    assert answer["best"]["value"] == pytest.approx(max(v["dice"] for _, v in found))
    facts = json.loads((Path(job.folder) / "best.json").read_text())
    assert facts["task"] == "segmentation" and facts["labels"] == [{"id": 7, "name": "disc"}]
    assert (facts["image_size"], facts["patch"], facts["overlap"]) == (64, 64, 0.25)
    assert facts["preprocessing"] == "windows-1" and facts["window"]["kind"] == "auto"
    names = load_file(Path(job.folder) / "best.safetensors").keys()
    assert {name.partition(".")[0] for name in names} == {"backbone", "head"}
    json.dumps(answer)


def test_examples_are_written_after_every_epoch(segmentation_job: Maker) -> None:
    job = segmentation_job(epochs=2)
    _, events, _ = run(job)
    assert [e for e in events if isinstance(e, Examples)] == [
        Examples(1, "examples/epoch-001.json"),
        Examples(2, "examples/epoch-002.json"),
    ]
    told = json.loads((Path(job.folder) / "examples/epoch-002.json").read_text())
    first = told["images"][0]
    assert first["image"] == 4 and (first["width"], first["height"]) == (96, 80)
    assert first["truth"][0]["label"] == 7 and "regions" in first["found"]


def test_the_same_seed_gives_the_same_run_and_another_does_not(segmentation_job: Maker) -> None:
    first, second, other = (
        curve(run(segmentation_job(name=name, seed=seed, augmentation="strong"))[1])
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert first == second != other


def test_a_run_that_is_killed_and_resumed_ends_with_the_same_weights(
    segmentation_job: Maker, classifier_file: Path
) -> None:
    settings = {"epochs": 3, "augmentation": "strong", "look_augmentation": "colour"}
    settings |= {"weights": classifier_file, "strategy": "full", "l2_sp": 0.5}
    whole_job = segmentation_job(name="whole", **settings)
    whole = curve(run(whole_job)[1])
    orders = Orders()
    heard: list[Event] = []

    def send(event: Event) -> None:
        heard.append(event)
        if isinstance(event, EpochEnded) and event.epoch == 1:
            orders.cancel.set()  # met at the first batch of epoch 2

    broken_job = segmentation_job(name="broken", **settings)
    with pytest.raises(Cancelled):
        train(broken_job, Reporter(send, orders))
    again = run(segmentation_job(name="broken", resume=True, **settings))[1]
    assert curve(heard) + curve(again) == whole
    one, two = (load_file(Path(j.folder) / "best.safetensors") for j in (whole_job, broken_job))
    assert all(torch.equal(one[key], two[key]) for key in one)
    last = [torch.load(Path(j.folder) / "last.ckpt")["model"] for j in (whole_job, broken_job)]
    assert all(torch.equal(last[0][key], last[1][key]) for key in last[0])


def test_other_sites_look_is_given_to_training_images_alone(
    segmentation_job: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[tuple[Any, ...]] = []

    def watched(pixels: Any, _drawn: Any, kind: str, strength: float) -> Any:
        given.append((kind, strength, pixels.shape, pixels.dtype))
        return pixels

    monkeypatch.setattr(site_shift, "vary", watched)
    settings = {"epochs": 1, "look_augmentation": "stain", "look_strength": 0.7}
    _, events, reporter = run(segmentation_job(name="varied", deep=True, **settings))
    steps = {e.total for e in events if isinstance(e, Progressed) and e.epoch == 1}
    assert given == [("stain", 0.7, (64, 64, 1), np.uint16)] * (2 * steps.pop())
    assert "training.look_grey" not in codes(reporter), "nobody said that these are grey"


def test_stopping_keeps_the_best_so_far(segmentation_job: Maker) -> None:
    orders = Orders()

    def send(event: Event) -> None:
        if isinstance(event, Progressed) and event.stage == "training.stage.finetune":
            orders.stop.set()

    answer = train(segmentation_job(epochs=50), Reporter(send, orders))
    assert answer["ended"] == "user" and answer["best"]["value"] is not None


def test_the_time_limit_ends_the_run(
    segmentation_job: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Late:
        """A clock that puts the run's start, and so its limit, into the past."""

        monotonic = staticmethod(lambda: time.monotonic() - 3600)

    monkeypatch.setattr(starting, "time", Late)
    answer, _, _ = run(segmentation_job(epochs=50, time_limit=1.0))
    assert answer["ended"] == "time" and answer["metrics"]


def test_a_classifiers_run_gives_its_backbone_and_a_frozen_one_stays(
    segmentation_job: Maker, classifier_file: Path
) -> None:
    job = segmentation_job(weights=classifier_file, strategy="feature-extraction", epochs=1)
    answer, _, _ = run(job)
    used = answer["weights_used"]
    assert used["keys_missing"] == 0 and used["part"] == "backbone"
    assert [layer["part"] for layer in used["layers"]] == ["backbone", "head"]
    kept, given = load_file(Path(job.folder) / "best.safetensors"), load_file(classifier_file)
    own = [name for name in kept if name.startswith("backbone.") and "num_batches" not in name]
    assert own and all(torch.equal(kept[name], given[name]) for name in own)


def test_the_head_learns_first_and_then_the_backbone_too(
    segmentation_job: Maker, classifier_file: Path
) -> None:
    given = load_file(classifier_file)
    moved = []
    for epochs in (1, 2):
        job = segmentation_job(weights=classifier_file, epochs=2, name=f"run{epochs}")
        orders = Orders()

        def send(event: Event, orders: Orders = orders, epochs: int = epochs) -> None:
            if isinstance(event, EpochEnded) and event.epoch == epochs < 2:
                orders.cancel.set()

        with suppress(Cancelled):
            train(job, Reporter(send, orders))
        last = torch.load(Path(job.folder) / "last.ckpt")["model"]
        moved.append(not torch.equal(last["backbone.features.0.0.weight"],
                                     given["backbone.features.0.0.weight"]))  # fmt: skip
    assert moved == [False, True]


def test_a_whole_run_starts_another_of_the_same_model(segmentation_job: Maker) -> None:
    first = segmentation_job(epochs=1, name="first")
    run(first)
    file = Path(first.folder) / "best.safetensors"
    answer, _, _ = run(segmentation_job(epochs=1, weights=file, part="model"))
    assert answer["weights_used"]["part"] == "model"
    assert answer["weights_used"]["keys_missing"] == 0


def test_a_model_that_finds_nothing_is_told_aloud(
    segmentation_job: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = []
    for found in (0, 1):
        truth = np.ones((8, 8), np.uint8)
        counts = [count(truth, np.full_like(truth, found), 1, edges=False)]
        validation = Validation(counts, ["a"])
        monkeypatch.setattr(trainer, "validate", lambda *_, made=validation: made)
        told.append("training.finds_nothing" in codes(run(segmentation_job(epochs=1))[2]))
    assert told == [True, False]


def test_without_validation_images_the_last_epoch_is_kept(segmentation_job: Maker) -> None:
    answer, _, reporter = run(segmentation_job(val=0, epochs=2))
    assert "training.no_validation" in codes(reporter)
    assert answer["best"] is None and answer["epochs"] == 2


def test_a_card_that_cannot_be_used_is_told_aloud(
    segmentation_job: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Device("cpu", "training.device.cuda_broken", fell_back=True)
    monkeypatch.setattr("tlstudio.ml.runs.starting.begin", lambda *_: broken)
    assert broken.reason in codes(run(segmentation_job(1, 0, epochs=1))[2])


def test_images_of_16_bits_keep_their_depth(segmentation_job: Maker, tmp_path: Path) -> None:
    job = segmentation_job(deep=True, epochs=1)
    answer, _, _ = run(job)
    assert answer["metrics"]
    view = View(64, 64, 0.25, (0.5,) * 3, (0.25,) * 3)
    sample = Loader(view, {7: 1}, Window()).load(Picture(0, tmp_path / "0d.png", None))
    assert sample.pixels.dtype.itemsize == 2 and len(set(sample.pixels.ravel().tolist())) > 1000


def test_automatic_settings_are_settled_and_kept(segmentation_job: Maker) -> None:
    job = segmentation_job(
        6, 2, image_size=0, patch=0, epochs=1, batch_size=0, augmentation="auto", loss="auto"
    )
    answer, _, _ = run(job)
    facts = json.loads((Path(job.folder) / "best.json").read_text())
    assert facts["recipe"]["mirror"] == "yes"
    assert facts["recipe"]["loss"] == "dice_ce" and facts["recipe"]["augmentation"] == "strong"
    assert facts["image_size"] == 96 and facts["patch"] == -1 and answer["metrics"]


@pytest.mark.parametrize(("loss", "tempered"), [("dice_focal", True), ("dice_ce", False)])
def test_rare_labels_have_more_say_beside_dice_where_the_loss_is_for_them(
    segmentation_job: Maker, monkeypatch: pytest.MonkeyPatch, loss: str, tempered: bool
) -> None:
    given: list[list[float]] = []

    def spy(name: str, weights: torch.Tensor) -> losses.Loss:
        given.append(weights.tolist())
        return losses.make_loss(name, weights)

    monkeypatch.setattr("tlstudio.ml.segmentation.learning.make_loss", spy)
    run(segmentation_job(1, 0, epochs=1, loss=loss))
    ((background, disc),) = given
    assert (disc > 1 > background) if tempered else (disc == 1 == background)


def test_a_size_the_model_cannot_take_is_refused_before_training(segmentation_job: Maker) -> None:
    with pytest.raises(UserError) as refused:
        run(segmentation_job(image_size=100))
    assert refused.value.code == "recipe.size"
