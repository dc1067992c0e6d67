from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from tlstudio.domain.errors import Cancelled, UserError
from tlstudio.domain.events import EpochEnded, Event, Examples, Progressed, Remark
from tlstudio.domain.runs import JobSpec
from tlstudio.ml.reporter import Orders, Reporter
from tlstudio.ml.runs import starting
from tlstudio.ml.style import fast_plan, fast_trainer
from tlstudio.ml.style.fast import train

Maker = Callable[..., JobSpec]


def run(job: JobSpec, orders: Orders | None = None) -> tuple[dict[str, Any], list[Event], Reporter]:
    heard: list[Event] = []
    reporter = Reporter(heard.append, orders)
    return train(job, reporter), heard, reporter


def curve(events: list[Event]) -> list[tuple[int, dict[str, float]]]:
    return [(e.epoch, e.values) for e in events if isinstance(e, EpochEnded)]


def codes(reporter: Reporter) -> set[str]:
    return {warning["code"] for warning in reporter.warnings}


def test_the_loss_falls_and_the_best_is_kept_with_its_facts(
    style_job: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fast_plan, "SHOWN", 12)
    job = style_job(val=1, epochs=5, learning_rate=0.003, style_weight=10.0)
    answer, events, _ = run(job)
    found = curve(events)
    assert [epoch for epoch, _ in found] == [1, 2, 3, 4, 5]
    assert set(found[0][1]) == {"train_loss", "val_loss", "content_loss", "style_loss"}
    losses = [values["val_loss"] for _, values in found]
    assert losses[-1] < 0.8 * losses[0], losses
    assert answer["best"] == {"epoch": losses.index(min(losses)) + 1, "metric": "val_loss",
                              "value": pytest.approx(min(losses))}  # fmt: skip
    assert answer["metrics"] == {"val_loss": answer["best"]["value"]} and answer["labels"] == []
    facts = json.loads((Path(job.folder) / "best.json").read_text())
    assert facts["task"] == "style" and facts["labels"] == []
    assert (facts["image_size"], facts["width"], facts["colour"]) == (64, 16, "style")
    assert facts["style"] == {"sha256": job.params["style"]["sha256"], "label": "stripes.png"}
    assert facts["preprocessing"] == "stylizer-1" and facts["window"]["kind"] == "auto"
    assert facts["weights_used"]["label"] == "squeezenet.safetensors"
    json.dumps(answer)


def test_the_same_images_are_shown_redrawn_after_every_epoch(style_job: Maker) -> None:
    job = style_job(3, 2, size=(600, 300))
    _, events, _ = run(job)
    assert [e for e in events if isinstance(e, Examples)] == [
        Examples(1, "examples/epoch-001.json"),
        Examples(2, "examples/epoch-002.json"),
    ]
    told = json.loads((Path(job.folder) / "examples/epoch-002.json").read_text())
    assert told["epoch"] == 2 and [each["image"] for each in told["images"]] == [3, 4]
    first = told["images"][0]
    assert first == {"image": 3, "width": 512, "height": 256,
                     "picture": "examples/epoch-002-3.jpg"}  # fmt: skip
    with Image.open(Path(job.folder) / first["picture"]) as picture:
        assert (picture.format, picture.size) == ("JPEG", (512, 256))
        assert np.asarray(picture).std() > 2


def test_the_same_seed_gives_the_same_run_and_another_does_not(style_job: Maker) -> None:
    first, second, other = (
        curve(run(style_job(name=name, seed=seed))[1])
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert first == second != other


def test_a_run_that_is_killed_and_resumed_ends_with_the_same_weights(style_job: Maker) -> None:
    whole_job = style_job(name="whole", epochs=3)
    whole = curve(run(whole_job)[1])
    orders = Orders()
    heard: list[Event] = []

    def send(event: Event) -> None:
        heard.append(event)
        if isinstance(event, EpochEnded) and event.epoch == 1:
            orders.cancel.set()  # met at the first batch of epoch 2

    broken_job = style_job(name="broken", epochs=3)
    with pytest.raises(Cancelled):
        train(broken_job, Reporter(send, orders))
    again = run(style_job(name="broken", resume=True, epochs=3))[1]
    assert curve(heard) + curve(again) == whole
    one, two = (load_file(Path(j.folder) / "best.safetensors") for j in (whole_job, broken_job))
    assert all(torch.equal(one[key], two[key]) for key in one)
    last = [torch.load(Path(j.folder) / "last.ckpt")["model"] for j in (whole_job, broken_job)]
    assert all(torch.equal(last[0][key], last[1][key]) for key in last[0])


def test_stopping_keeps_the_best_so_far(style_job: Maker) -> None:
    orders = Orders()

    def send(event: Event) -> None:
        if isinstance(event, Progressed) and event.stage == "training.stage.style":
            orders.stop.set()

    answer = train(style_job(epochs=50), Reporter(send, orders))
    assert answer["ended"] == "user" and answer["best"]["value"] is not None


def test_the_time_limit_ends_the_run(style_job: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    class Late:
        """A clock that puts the run's start, and so its limit, into the past."""

        monotonic = staticmethod(lambda: time.monotonic() - 3600)

    monkeypatch.setattr(starting, "time", Late)
    answer, _, _ = run(style_job(epochs=50, time_limit=1.0))
    assert answer["ended"] == "time" and answer["metrics"]


def test_without_validation_images_the_training_loss_decides_and_that_is_said(
    style_job: Maker,
) -> None:
    job = style_job(val=0)
    answer, events, reporter = run(job)
    assert "style.no_validation" in codes(reporter)
    values = [values for _, values in curve(events)]
    assert set(values[0]) == {"train_loss", "content_loss", "style_loss"}
    losses = [v["train_loss"] for v in values]
    assert [e.best for e in events if isinstance(e, EpochEnded)] == [True, losses[1] < losses[0]]
    assert answer["best"] is None and answer["metrics"] == {}
    assert json.loads((Path(job.folder) / "examples/epoch-001.json").read_text())["images"]


def test_random_features_are_refused(style_job: Maker) -> None:
    with pytest.raises(UserError) as refused:
        run(style_job(weights=None))
    assert refused.value.code == "style.random_features"


def test_no_training_image_and_a_changed_style_are_said(style_job: Maker) -> None:
    with pytest.raises(UserError) as refused:
        run(style_job(train=0))
    assert refused.value.code == "style.no_images"
    job = style_job()
    job.params["style"]["sha256"] = "cd" * 32
    with pytest.raises(UserError) as refused:
        run(job)
    assert refused.value.code == "training.image_changed"


def test_images_that_cannot_be_used_are_left_out(style_job: Maker, tmp_path: Path) -> None:
    job = style_job()
    (tmp_path / "1.png").write_bytes(b"no image")
    (tmp_path / "5.png").unlink()
    answer, _, reporter = run(job)
    assert "training.images_left_out" in codes(reporter) and answer["epochs"] == 2


def test_of_very_many_images_as_many_are_read_as_are_shown(
    style_job: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fast_trainer, "MEASURED", 1)
    heard: list[Event] = []
    train(style_job(9, 4, epochs=1), Reporter(heard.append))
    told = [e.params for e in heard if isinstance(e, Remark)]
    assert told == [{"used": 6, "total": 13}], "four squares and two for validation"
    read = [e for e in heard if isinstance(e, Progressed) and e.stage == "training.stage.reading"]
    assert read[-1].total == 6


def test_a_kept_colour_and_more_smoothness_are_other_losses(style_job: Maker) -> None:
    plain, bright, smooth = (
        curve(run(style_job(name=name, epochs=1, **settings))[1])[0][1]["val_loss"]
        for name, settings in (
            ("a", {}),
            ("b", {"colour": "luminance"}),
            ("c", {"smoothness": 100.0}),
        )
    )
    assert len({plain, bright, smooth}) == 3
