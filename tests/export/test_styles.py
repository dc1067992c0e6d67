"""Bundles of stylizers restyle as the program does, wherever they are taken."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from tlstudio.catalog.index import find
from tlstudio.domain.runs import JobSpec
from tlstudio.ml import checkpoint
from tlstudio.ml.export import export
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.style import fast_drawing
from tlstudio.ml.zoo.stylizer import build

Job = Callable[..., JobSpec]


@pytest.fixture
def style_run(tmp_path: Path) -> Callable[..., Path]:
    """`style_run(colour=…)` -> the folder of a run with random weights; further names are facts."""

    def make(colour: str = "style", **facts: Any) -> Path:
        spec = find("fast-style:squeezenet1_1")
        torch.manual_seed(0)
        model = build(spec, 8, colour)
        folder = tmp_path / "runs" / "r0003"
        told = {
            "version": 1,
            "task": "style",
            "model": spec.to_json(),
            "labels": [],
            "image_size": 64,
            "window": {"kind": "auto", "low": None, "high": None},
            "preprocessing": "stylizer-1",
            "width": 8,
            "colour": colour,
            "style": {"sha256": "ef" * 32, "label": "waves | sea.png"},
            "recipe": {"epochs": 0},
            "weights_used": {"kind": "file", "label": "features.pth", "sha256": "ab" * 32},
            "epoch": 2,
            "values": {"val_loss": 1.25},
            "metrics": {"val_loss": 1.25},
        }
        checkpoint.save_best(folder, model.state_dict(), {**told, **facts})
        return folder

    return make


@pytest.fixture
def style_bundle(
    style_run: Callable[..., Path], shape_job: Job, tmp_path: Path
) -> Callable[..., tuple[Path, dict[str, Any]]]:
    """`style_bundle(colour=…)` -> the bundle and what its export told of the check."""

    def make(**facts: Any) -> tuple[Path, dict[str, Any]]:
        job = shape_job(style_run(**facts), tmp_path / "bundle", labels=[])
        told = export(job, Reporter())
        return Path(told["bundle"]), told

    return make


def ask(bundle: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """predict.py by itself: nothing of this checkout, nothing of the environment."""
    hidden = {n: v for n, v in os.environ.items() if not n.startswith(("PYTHON", "TLSTUDIO"))}
    command = [sys.executable, "-I", str(bundle / "predict.py"), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=hidden)


@pytest.mark.parametrize("colour", ["style", "luminance"])
def test_a_stylizer_draws_the_same_pictures_elsewhere(
    colour: str, style_bundle: Callable[..., Any], scenes: list[Path], tmp_path: Path
) -> None:
    bundle, told = style_bundle(colour=colour)
    parity = told["parity"]["onnx"]
    assert parity["passed"] and parity["max_diff"] < 1e-4, parity
    assert (parity["n"], parity["of"], parity["unread"], parity["skipped"]) == (5, 5, 0, 0)
    assert set(told["files"]) == {
        "model.onnx", "survey.onnx", "pieces.onnx", "predict.py",
        "read_images.py", "read_tiff.py", "read_dicom.py", "restyle.py",
        "bundle.json", "README.txt", "MODEL_CARD.md", "parity.json", "expected.json",
        "expected.png", "sample.png",
    }  # fmt: skip
    done = ask(bundle, "--check")
    assert done.returncode == 0 and "the check passed" in done.stdout, done.stdout + done.stderr
    folder = tmp_path / "new"
    done = ask(bundle, "--json", "--out", folder, scenes[0].parent)
    assert done.returncode == 0, done.stderr
    pictures = json.loads(done.stdout)["pictures"]
    assert [(p["width"], p["height"]) for p in pictures][:2] == [(110, 70), (64, 120)]
    assert [Path(p["file"]).name for p in pictures] == [p.name for p in scenes]
    with Image.open(folder / "scene 4.png") as picture, Image.open(scenes[4]) as before:
        made, given = np.asarray(picture).astype(int), np.asarray(before).astype(int)
    assert made.shape == given.shape and np.abs(made - given).mean() > 5


def test_a_picture_can_go_into_a_file_and_never_over_itself(
    style_bundle: Callable[..., Any], scenes: list[Path], tmp_path: Path
) -> None:
    bundle, _ = style_bundle()
    done = ask(bundle, "--out", tmp_path / "one.jpg", scenes[0])
    assert done.returncode == 0 and "one.jpg" in done.stdout
    with Image.open(tmp_path / "one.jpg") as picture:
        assert picture.format == "JPEG" and picture.size == (110, 70)
    done = ask(bundle, "--out", tmp_path / "two", scenes[0], scenes[0], tmp_path / "gone.png")
    assert done.returncode == 2 and "gone.png: there is no such file" in done.stderr
    names = sorted(p.name for p in (tmp_path / "two").iterdir())
    assert names == ["scene 0-2.png", "scene 0.png"]
    before = scenes[0].read_bytes()
    done = ask(bundle, "--out", scenes[0].parent, scenes[0])
    assert done.returncode == 2 and "would be written over" in done.stderr
    assert scenes[0].read_bytes() == before
    done = ask(bundle, "--threshold", "0.5", scenes[0])
    assert done.returncode == 2 and "no use for --threshold" in done.stderr


def test_check_notices_another_picture(style_bundle: Callable[..., Any]) -> None:
    bundle, _ = style_bundle()
    with Image.open(bundle / "expected.png") as picture:
        other = np.roll(np.asarray(picture), 5, axis=1)
    Image.fromarray(other).save(bundle / "expected.png")
    assert "expected.png was changed" in ask(bundle, "--check").stdout
    facts = json.loads((bundle / "bundle.json").read_text("utf-8"))
    facts["files"].pop("expected.png")
    (bundle / "bundle.json").write_text(json.dumps(facts), encoding="utf-8")
    done = ask(bundle, "--check")
    assert (done.returncode, "THE CHECK FAILED" in done.stdout) == (1, True), done.stdout


def test_too_large_and_too_small_pictures_are_said(
    style_bundle: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fast_drawing, "MOST_PIXELS", 20_000)
    bundle, told = style_bundle()
    assert told["parity"]["onnx"]["skipped"] == 1 and told["parity"]["onnx"]["passed"]
    for name, size in (("thin", (60, 5)), ("vast", (201, 100))):
        Image.new("RGB", size).save(tmp_path / f"{name}.png")
    done = ask(bundle, "--out", tmp_path / "o", tmp_path / "thin.png", tmp_path / "vast.png")
    assert done.returncode == 2 and "60 x 5 pixels are too few" in done.stderr
    assert "201 x 100 pixels are too many; at most 0.02 million" in done.stderr


def test_large_pictures_are_drawn_in_the_same_pieces(
    style_bundle: Callable[..., Any],
    scenes: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in (("WHOLE", 4000), ("PIECE", 48), ("SURVEYED", 32)):
        monkeypatch.setattr(fast_drawing, name, value)
    bundle, told = style_bundle(colour="luminance")
    parity = told["parity"]["onnx"]
    assert parity["passed"] and parity["n"] == 5 and parity["max_diff"] < 1e-4, parity
    done = ask(bundle, "--out", tmp_path / "large.png", scenes[4])
    assert done.returncode == 0, done.stderr
    with Image.open(tmp_path / "large.png") as picture:
        assert picture.size == (230, 170)


def test_the_card_speaks_of_a_style_and_of_no_label(style_bundle: Callable[..., Any]) -> None:
    bundle, _ = style_bundle()
    card = (bundle / "MODEL_CARD.md").read_text("utf-8")
    assert card.startswith('# Stylizer for the style of "waves | sea.png"')
    assert "| images | 40 | 5 |" in card and "the loss on the validation images" in card.lower()
    assert "features.pth" in card and "not a medical device" in card
    for word in ("accuracy", "label", "confidence", "answers.csv", "backbone"):
        assert word not in card.lower(), word
    readme = (bundle / "README.txt").read_text("utf-8")
    assert "restyle.py" in readme and "--out restyled" in readme and "answers.csv" not in readme
    facts = json.loads((bundle / "bundle.json").read_text("utf-8"))
    assert facts["task"] == "style" and facts["labels"] == []
    assert facts["style"]["label"] == "waves | sea.png" and facts["style"]["colour"] == "style"
    assert facts["onnx"]["input"]["shape"] == ["batch", 3, "height", "width"]
