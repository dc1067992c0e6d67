"""A bundle sees deep images through the window that the model learned with."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tlstudio.domain.runs import JobSpec
from tlstudio.domain.windows import Window
from tlstudio.ml.export import export
from tlstudio.ml.reporter import Reporter

Make = Callable[..., JobSpec]
FIXED = Window("fixed", 900, 1400)


@pytest.fixture
def deep_images(tmp_path: Path) -> list[Path]:
    """16 bits, floating point with holes and 8 bits, all in one folder."""
    rng = np.random.default_rng(2)
    folder = tmp_path / "deep"
    folder.mkdir()
    made = []
    for number in range(12):
        held = rng.normal(1150, 120, (40 + number, 60))
        held[3, 3] = 60_000
        if number % 3 == 0:
            path, image = folder / f"{number}.tif", held.astype(np.float32)
            image[5, 5] = np.nan
        elif number % 3 == 1:
            path, image = folder / f"{number}.png", held.astype(np.uint16)
        else:
            path, image = folder / f"{number}.png", rng.integers(0, 256, (30, 30, 3), np.uint8)
        Image.fromarray(image).save(path)
        made.append(path)
    return made


def learned_with(run_folder: Path, window: Window) -> None:
    """As a run of this version leaves it."""
    file = run_folder / "best.json"
    facts = json.loads(file.read_text())
    facts |= {"preprocessing": "squash-2", "window": window.to_json()}
    file.write_text(json.dumps(facts))


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def ask(bundle: Path, *words: str) -> Any:
    command = [sys.executable, "-I", str(bundle / "predict.py"), *words]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("window", [FIXED, Window(), Window("full"), Window("percentiles")])
def test_the_bundle_answers_as_the_model_of_deep_images(
    export_job: Make, run_folder: Path, deep_images: list[Path], tmp_path: Path, window: Window
) -> None:
    learned_with(run_folder, window)
    out = tmp_path / "bundle"
    job = export_job(out, items=[{"key": p.name, "path": str(p)} for p in deep_images])
    told = export(job, Reporter())["parity"]["onnx"]
    assert told["passed"]
    assert (told["n"], told["inputs_differ"], told["unread"]) == (12, 0, 0)
    assert told["max_diff"] < 1e-5
    assert "passed" in ask(out, "--check")
    rules = read(out / "bundle.json")["preprocessing"]
    assert rules["window"] == window.to_json()
    assert rules["steps"] == "squash-2"
    assert rules["window_text"] in (out / "MODEL_CARD.md").read_text("utf-8")
    assert {p.name for p in out.iterdir()} >= {"predict.py", "read_images.py", "sample.png"}
    assert not list(out.rglob("__pycache__"))


def test_the_card_says_the_values_of_a_fixed_window(
    export_job: Make, run_folder: Path, deep_images: list[Path], tmp_path: Path
) -> None:
    learned_with(run_folder, FIXED)
    out = tmp_path / "bundle"
    export(export_job(out, items=[{"key": "a", "path": str(deep_images[0])}]), Reporter())
    card = (out / "MODEL_CARD.md").read_text("utf-8")
    assert "900" in card
    assert "1400" in card
    assert "8-bit ones" not in card


def test_a_deep_sample_keeps_its_depth_and_nothing_else(
    export_job: Make, run_folder: Path, deep_images: list[Path], tmp_path: Path
) -> None:
    learned_with(run_folder, FIXED)
    out = tmp_path / "bundle"
    export(export_job(out, items=[{"key": "a", "path": str(deep_images[1])}]), Reporter())
    with Image.open(out / "sample.png") as image:
        held = np.asarray(image)
        assert image.info == {}
    assert held.dtype == np.uint16
    assert len(np.unique(held)) > 256
    assert read(out / "expected.json")["window"] == Window("full").to_json()
    assert "passed" in ask(out, "--check")


def test_another_window_in_the_bundle_is_found_by_the_check(
    export_job: Make,
    run_folder: Path,
    deep_images: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tlstudio.ml.export import bundle

    learned_with(run_folder, FIXED)
    describe = bundle._describe

    def wrongly(trained: Any) -> dict[str, Any]:
        told = describe(trained)
        told["preprocessing"]["window"] = Window("fixed", 900, 1500).to_json()
        return told

    monkeypatch.setattr(bundle, "_describe", wrongly)
    items = [{"key": p.name, "path": str(p)} for p in deep_images]
    told = export(export_job(tmp_path / "bundle", items=items), Reporter())["parity"]["onnx"]
    assert told["inputs_differ"] == 8, "to the other four, of 8 bits, all is black by both"
    assert not told["passed"]


def test_a_run_of_an_older_version_still_sees_8_bits(
    export_job: Make, deep_images: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "bundle"
    items = [{"key": p.name, "path": str(p)} for p in deep_images]
    told = export(export_job(out, items=items), Reporter())["parity"]["onnx"]
    assert told["passed"]
    assert told["inputs_differ"] == 0
    assert "8-bit ones" in (out / "MODEL_CARD.md").read_text("utf-8")
    assert "passed" in ask(out, "--check")


def test_a_lost_part_of_the_program_is_named(export_job: Make, tmp_path: Path) -> None:
    out = tmp_path / "bundle"
    export(export_job(out), Reporter())
    (out / "read_images.py").unlink()
    command = [sys.executable, "-I", str(out / "predict.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert "read_images.py" in done.stderr
    assert "Traceback" not in done.stderr
