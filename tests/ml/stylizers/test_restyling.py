from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tlstudio.domain.errors import UserError
from tlstudio.domain.events import Answer, Event
from tlstudio.domain.runs import JobSpec
from tlstudio.imaging.unit import read_unit
from tlstudio.ml.devices import Device
from tlstudio.ml.reporter import Orders, Reporter
from tlstudio.ml.style import fast_drawing
from tlstudio.ml.style.fast import predict, serve, train
from tlstudio.ml.style.fast_drawing import redraw, redrawn
from tlstudio.ml.style.fast_restyling import load_kept

Maker = Callable[..., JobSpec]


@pytest.fixture
def folder(style_job: Maker) -> Path:
    """The folder of a run of one epoch."""
    job = style_job(epochs=1)
    train(job, Reporter())
    return Path(job.folder)


def test_images_are_restyled_into_a_folder_and_one_by_one_alike(
    folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "broken.png").write_bytes(b"no image")
    items = [{"key": n, "path": f"{n}.png", "frame": 0, "out": f"{n} new.png"} for n in (4, 5)]
    items += [{"key": "j", "path": "0.png", "out": "deeper/j.jpg"}]
    items += [{"key": "x", "path": "broken.png", "out": "x.png"}]
    items += [{"key": "y", "path": "missing.png", "out": "y.png"}]
    out = tmp_path / "made"
    params = {"run_folder": str(folder), "items": items, "out": str(tmp_path / "out.jsonl"),
              "out_folder": str(out)}  # fmt: skip
    answer = predict(JobSpec("predict", "style", "", str(tmp_path), params), Reporter())
    assert (answer["predicted"], answer["labels"]) == (3, [])
    assert [each["key"] for each in answer["skipped"]] == ["x", "y"]
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    first = {"key": 4, "file": str(out / "4 new.png"), "width": 96, "height": 80}
    assert lines[0] == first and [line["key"] for line in lines] == [4, 5, "j"]
    kept = load_kept(folder, Device("cpu", ""))
    expected = redraw(kept.model, read_unit(tmp_path / "4.png"), torch.device("cpu"))
    with Image.open(out / "4 new.png") as picture:
        made = np.asarray(picture)
    assert np.array_equal(made, expected) and made.std() > 2
    with Image.open(out / "deeper" / "j.jpg") as picture:
        assert picture.format == "JPEG"
    assert sorted(p.name for p in out.rglob("*.*")) == ["4 new.png", "5 new.png", "j.jpg"]

    orders = Orders()
    asked = {"id": "1", "run_folder": str(folder), "path": "4.png", "out": str(out / "warm.png")}
    for line in (asked, {"id": "2"}):
        orders.take(json.dumps(line))
    orders.parent_gone()
    heard: list[Event] = []
    job = JobSpec("restyle-serve", "style", "", str(tmp_path), {})
    told = serve(job, Reporter(heard.append, orders))
    assert told["served"] == 2
    one, two = [e for e in heard if isinstance(e, Answer)]
    assert one.result == {"file": str(out / "warm.png"), "width": 96, "height": 80}
    with Image.open(out / "warm.png") as picture:
        assert np.array_equal(np.asarray(picture), expected)
    assert two.error is not None and two.error["code"] == "training.bad_request"


def test_a_place_that_cannot_be_written_ends_the_job(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    items = [{"key": 4, "path": "4.png", "out": "4.png"}]
    params = {"run_folder": str(folder), "items": items, "out": str(tmp_path / "out.jsonl"),
              "out_folder": str(tmp_path / "file")}  # fmt: skip
    with pytest.raises(UserError) as refused:
        predict(JobSpec("predict", "style", "", str(tmp_path), params), Reporter())
    assert refused.value.code == "styling.out" and not (tmp_path / "out.jsonl").exists()


def test_images_too_small_are_said(folder: Path, tmp_path: Path) -> None:
    Image.new("RGB", (40, 5)).save(tmp_path / "thin.png")
    items = [{"key": "t", "path": "thin.png", "out": "t.png"}]
    params = {"run_folder": str(folder), "items": items, "out": str(tmp_path / "out.jsonl"),
              "out_folder": str(tmp_path / "made")}  # fmt: skip
    answer = predict(JobSpec("predict", "style", "", str(tmp_path), params), Reporter())
    assert answer["skipped"][0]["code"] == "style.too_small"


def test_a_large_picture_is_drawn_in_pieces_without_a_seam(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = load_kept(folder, Device("cpu", "")).model
    pixels = np.random.default_rng(0).random((229, 271, 3), np.float32)
    cpu = torch.device("cpu")
    whole = redrawn(model, pixels, cpu)
    for name, value in (("WHOLE", 4000), ("PIECE", 1024), ("SURVEYED", 128)):
        monkeypatch.setattr(fast_drawing, name, value)
    at_once = redrawn(model, pixels, cpu)
    monkeypatch.setattr(fast_drawing, "PIECE", 64)
    np.testing.assert_allclose(redrawn(model, pixels, cpu), at_once, atol=1e-4)
    assert 1e-4 < np.abs(at_once - whole).mean() < 0.05, "other statistics, nearly the same picture"


def test_deep_images_are_seen_through_the_runs_window(style_job: Maker, tmp_path: Path) -> None:
    job = style_job(deep=True, epochs=1, window="fixed", window_low=1000, window_high=4000)
    train(job, Reporter())
    kept = load_kept(Path(job.folder), Device("cpu", ""))
    assert (kept.window.low, kept.window.high) == (1000, 4000)
    told = kept.restyle(tmp_path / "0d.png", 0, tmp_path / "deep.png")
    seen = read_unit(tmp_path / "0d.png", window=kept.window)
    with Image.open(told["file"]) as picture:
        made = np.asarray(picture)
    assert np.array_equal(made, redraw(kept.model, seen, torch.device("cpu")))
    assert len(np.unique(seen)) > 256, "nothing was rounded to 8 bits on the way in"
