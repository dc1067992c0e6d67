from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tlstudio.domain.errors import Cancelled, UserError
from tlstudio.domain.events import EpochEnded, Event, Progressed, Started
from tlstudio.domain.runs import JobSpec
from tlstudio.ml import site_shift
from tlstudio.ml.classification import features, train
from tlstudio.ml.reporter import Orders, Reporter
from tlstudio.ml.runs import starting

Maker = Callable[..., JobSpec]


def run(job: JobSpec, orders: Orders | None = None) -> tuple[dict[str, Any], list[Event], Reporter]:
    heard: list[Event] = []
    reporter = Reporter(heard.append, orders)
    return train(job, reporter), heard, reporter


def curve(events: list[Event]) -> list[tuple[int, dict[str, float]]]:
    return [(e.epoch, e.values) for e in events if isinstance(e, EpochEnded)]


def codes(reporter: Reporter) -> set[str]:
    return {warning["code"] for warning in reporter.warnings}


def test_the_probe_reports_first_and_the_run_keeps_the_best(training_job: Maker) -> None:
    job = training_job(epochs=2)
    answer, events, _ = run(job)
    folder = Path(job.folder)
    found = curve(events)
    assert [epoch for epoch, _ in found] == [0, 1, 2]
    assert any(isinstance(e, Started) and e.device == "cpu" for e in events)
    best = max(values["balanced_accuracy"] for _, values in found)
    assert answer["best"]["value"] == pytest.approx(best)
    assert answer["metrics"]["balanced_accuracy"] >= found[0][1]["balanced_accuracy"]
    assert answer["ended"] == "completed" and answer["epochs"] == 2
    facts = json.loads((folder / "best.json").read_text())
    assert facts["epoch"] == answer["best"]["epoch"]
    assert [label["name"] for label in facts["labels"]] == ["bars", "round"]
    assert facts["weights_used"]["keys_missing"] == 0
    assert torch.load(folder / "last.ckpt", weights_only=True)["state"]["epoch"] == 2
    json.dumps(answer)


def test_pictures_that_differ_are_learned(training_job: Maker) -> None:
    answer, _, _ = run(training_job({"round": 20, "bars": 20}, val=10, strategy="full", epochs=6))
    assert answer["metrics"]["accuracy"] >= 0.9


def test_the_same_seed_gives_the_same_run_and_another_does_not(training_job: Maker) -> None:
    first, second, other = (
        run(training_job(name=name, seed=seed, augmentation="medium"))[1]
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert curve(first) == curve(second)
    assert curve(first)[1:] != curve(other)[1:]


def test_a_resumed_run_ends_on_the_same_curve(training_job: Maker) -> None:
    settings = {"epochs": 3, "dropout": 0.5, "look_augmentation": "stain", "l2_sp": 0.5}
    whole_job = training_job(name="whole", **settings)
    whole = curve(run(whole_job)[1])
    orders = Orders()
    heard: list[Event] = []

    def send(event: Event) -> None:
        heard.append(event)
        if isinstance(event, EpochEnded) and event.epoch == 1:
            orders.cancel.set()  # met at the first batch of epoch 2

    with pytest.raises(Cancelled):
        train(training_job(name="halves", **settings), Reporter(send, orders))
    resumed_job = training_job(name="halves", resume=True, **settings)
    resumed = curve(run(resumed_job)[1])
    assert [epoch for epoch, _ in resumed] == [2, 3]
    for (_, values), (_, expected) in zip(resumed, whole[2:], strict=True):
        assert values == pytest.approx(expected, abs=1e-6)
    kept = [load_file(Path(j.folder) / "best.safetensors") for j in (whole_job, resumed_job)]
    assert all(torch.allclose(kept[0][k], kept[1][k], atol=1e-6) for k in kept[0])


def test_a_resumed_run_never_loses_a_better_model_to_a_worse_one(training_job: Maker) -> None:
    """An epoch that was stopped in its midst is repeated, and may be worse than it was."""
    orders = Orders()

    def send(event: Event) -> None:
        if isinstance(event, Progressed) and event.epoch == 2:
            orders.stop.set()

    job = training_job(epochs=2, strategy="full")
    train(job, Reporter(send, orders))
    kept = Path(job.folder) / "best.json"
    facts = json.loads(kept.read_text())
    values = facts["values"] | {"balanced_accuracy": 1.0, "val_loss": 0.0}
    kept.write_text(json.dumps(facts | {"epoch": 2, "values": values}))
    _, events, _ = run(training_job(epochs=2, strategy="full", resume=True))
    assert [(e.epoch, e.best) for e in events if isinstance(e, EpochEnded)] == [(2, False)]
    assert json.loads(kept.read_text())["values"] == values
    last = torch.load(Path(job.folder) / "last.ckpt", weights_only=True)["state"]
    assert (last["best_epoch"], last["best"]) == (2, values)


def test_other_sites_look_is_given_to_training_images_alone(
    training_job: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[tuple[str, float]] = []
    exact = site_shift.vary

    def watched(pixels: Any, drawn: Any, kind: str, strength: float) -> Any:
        given.append((kind, strength))
        return exact(pixels, drawn, kind, strength)

    monkeypatch.setattr(site_shift, "vary", watched)
    plain = curve(run(training_job(name="plain", epochs=1))[1])
    assert not given
    varied = curve(run(training_job(name="varied", epochs=1, look_augmentation="colour"))[1])
    assert given == [("colour", 0.5)] * 16
    assert varied[0] == plain[0], "the probe learns from the images as they are"
    assert varied[1][1]["train_loss"] != plain[1][1]["train_loss"]
    settings = {"strategy": "feature-extraction", "look_augmentation": "colour"}
    assert "training.look_unused" in codes(run(training_job(name="head", **settings))[2])


def test_feature_extraction_never_touches_the_backbone(
    training_job: Maker, pretend_weights: Path
) -> None:
    job = training_job(strategy="feature-extraction")
    answer, events, _ = run(job)
    assert [epoch for epoch, _ in curve(events)] == [0] and answer["epochs"] == 0
    kept, start = load_file(Path(job.folder) / "best.safetensors"), load_file(pretend_weights)
    assert all(torch.equal(kept[f"backbone.{name}"], start[name]) for name in start)


def test_known_features_are_not_computed_again(
    training_job: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = curve(run(training_job(name="a", strategy="feature-extraction"))[1])

    def never(*_a: object) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr(features.Classifier, "features", never)
    again = curve(run(training_job(name="b", strategy="feature-extraction"))[1])
    assert first == again


def test_last_n_leaves_the_first_blocks_alone(training_job: Maker, pretend_weights: Path) -> None:
    job = training_job({"round": 12, "bars": 12}, strategy="last-n", last_blocks=1, epochs=2)
    run(job)
    saved = torch.load(Path(job.folder) / "last.ckpt", weights_only=True)["model"]
    start = load_file(pretend_weights)
    changed = {n for n in start if not torch.equal(saved[f"backbone.{n}"], start[n])}
    assert changed and all(name.startswith(("features.11", "features.12")) for name in changed)


def test_from_scratch_says_that_there_is_nothing_to_probe(training_job: Maker) -> None:
    answer, events, _ = run(training_job(weights="none", epochs=1))
    assert [epoch for epoch, _ in curve(events)] == [1]
    assert any(getattr(e, "code", "") == "training.probe_skipped" for e in events)
    assert answer["weights_used"]["kind"] == "none"


def test_without_validation_the_last_epoch_is_kept_and_said(training_job: Maker) -> None:
    answer, _, reporter = run(training_job(val=0))
    assert "training.no_validation" in codes(reporter)
    assert answer["best"] is None and answer["metrics"] == {} and answer["epochs"] == 2


def test_changed_images_are_left_out_and_named(training_job: Maker) -> None:
    job = training_job(strategy="feature-extraction")
    picture = next((Path(job.folder).parent / "split/train/bars").iterdir())
    picture.write_bytes(picture.read_bytes() + b" ")
    _, _, reporter = run(job)
    (left_out,) = [w for w in reporter.warnings if w["code"] == "training.images_left_out"]
    assert left_out["params"]["count"] == 1 and left_out["params"]["file"] == str(picture)


def test_no_image_left_is_an_error(training_job: Maker) -> None:
    job = training_job()
    for picture in (Path(job.folder).parent / "split/train").rglob("*.png"):
        picture.unlink()
    with pytest.raises(UserError) as raised:
        run(job)
    assert raised.value.code == "training.no_images"


def test_stop_ends_the_run_with_a_model_and_its_figures(training_job: Maker) -> None:
    orders = Orders()
    heard: list[Event] = []

    def send(event: Event) -> None:
        heard.append(event)
        if isinstance(event, Progressed) and event.stage == "training.stage.finetune":
            orders.stop.set()

    job = training_job(epochs=50, min_steps=500)
    answer = train(job, Reporter(send, orders))
    assert answer["ended"] == "user" and answer["best"]["value"] is not None
    assert len(curve(heard)) == 2


def test_the_time_limit_ends_the_run_with_the_best(
    training_job: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Late:
        """A clock that puts the run's start, and so its limit, into the past."""

        monotonic = staticmethod(lambda: time.monotonic() - 3600)

    monkeypatch.setattr(starting, "time", Late)
    answer, events, _ = run(training_job(epochs=50, min_steps=500, time_limit=1.0))
    assert answer["ended"] == "time" and answer["best"]["value"] is not None
    assert [epoch for epoch, _ in curve(events)] == [0, 1]


def test_a_size_that_cannot_be_exported_is_refused_before_anything(training_job: Maker) -> None:
    job = training_job(image_size=16)
    with pytest.raises(UserError) as raised:
        run(job)
    assert raised.value.code == "recipe.size" and not Path(job.folder, "last.ckpt").exists()


def test_labels_that_no_longer_fit_are_not_resumed(training_job: Maker) -> None:
    run(training_job({"round": 4, "bars": 4, "rings": 4}, epochs=1))
    job = training_job({"round": 4, "bars": 4, "rings": 4}, epochs=2, resume=True)
    for picture in (Path(job.folder).parent / "split/train/rings").iterdir():
        picture.unlink()
    two = [label for label in job.params["labels"] if label["name"] != "rings"]
    with pytest.raises(UserError) as raised:
        run(replace(job, params=job.params | {"labels": two}))
    assert raised.value.code == "training.labels_changed"


def test_the_rates_of_a_run_with_a_time_limit_fall_by_the_clock(
    training_job: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that the limit will end has learned at low rates at last, however few its steps."""
    from tlstudio.ml.runs import tuning

    shares: list[float] = []
    real = tuning.set_rates

    def noted(optimizer: torch.optim.Optimizer, share: float) -> None:
        shares.append(share)
        real(optimizer, share)

    monkeypatch.setattr(tuning, "set_rates", noted)
    monkeypatch.setattr("tlstudio.ml.classification.trainer.spending", lambda _r: lambda: 0.98)
    run(training_job(strategy="full", epochs=2, time_limit=60.0))
    assert shares and max(shares) < 0.05
