"""A person takes the bundle to a computer that has only onnxruntime, numpy and Pillow."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from filelock import FileLock
from PIL import Image

from tlstudio.services.datasets import import_source
from tlstudio.services.exporting import export_model
from tlstudio.services.predictions import predict
from tlstudio.services.projects import create_project
from tlstudio.services.training import TrainRequest, start_training

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
NEEDED = ("onnxruntime", "numpy", "pillow")
OUT_OF_REACH = (
    "no matching distribution", "could not find a version", "connection", "network", "resolve",
    "timed out",
)  # fmt: skip


@pytest.fixture(scope="module")
def elsewhere() -> Path:
    """The python of an environment with nothing but what predict.py says it needs; kept
    between runs."""
    home = ROOT / f".venv-predict-{sys.version_info.major}{sys.version_info.minor}"
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    whole = home / "whole"
    with FileLock(str(ROOT / ".venv-predict.lock")):
        if not whole.is_file():
            shutil.rmtree(home, ignore_errors=True)
            subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
            install = [str(python), "-m", "pip", "install", "--quiet", *NEEDED]
            done = subprocess.run(install, capture_output=True, text=True)
            if done.returncode:
                said = done.stderr.strip()
                if any(word in said.lower() for word in OUT_OF_REACH):
                    pytest.skip(f"pip cannot get {', '.join(NEEDED)}: {said.splitlines()[-1]}")
                raise AssertionError(said)
            whole.touch()
    return python


def odd_pictures(folder: Path) -> None:
    """What comes from cameras, scanners and microscopes."""
    rng = np.random.default_rng(3)
    wave = np.sin(np.mgrid[0:40, 0:56][0] / 3)[..., None]
    colours = (127 + 90 * wave + rng.normal(0, 25, (40, 56, 4))).clip(0, 255).astype(np.uint8)
    folder.mkdir()
    picture = Image.fromarray(colours[..., :3])
    exif = Image.Exif()
    exif[0x0112] = 6
    picture.save(folder / "turned.jpg", exif=exif)
    picture.convert("CMYK").save(folder / "print.jpg")
    picture.convert("L").save(folder / "grey.png")
    picture.quantize(12).save(folder / "palette.png", transparency=2)
    Image.fromarray(colours).save(folder / "alpha.png")
    deep = (900 + 300 * wave[..., 0] + rng.normal(0, 40, (40, 56))).astype(np.uint16)
    Image.fromarray(deep).save(folder / "deep é.tif")


def ask(python: Path, bundle: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """predict.py where nothing of this checkout can be found."""
    hidden = {n: v for n, v in os.environ.items() if not n.startswith(("PYTHON", "TLSTUDIO"))}
    return subprocess.run(
        [str(python), "-I", "-X", "utf8", str(bundle / "predict.py"), *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=bundle.parent,
        env=hidden,
    )


def test_the_bundle_answers_as_the_program_does(
    elsewhere: Path, class_folder: Callable[..., Path], tmp_path: Path
) -> None:
    absent = "import importlib.util as u; print([n for n in ('torch','tlstudio','torchvision')"
    found = subprocess.run(
        [str(elsewhere), "-I", "-c", absent + " if u.find_spec(n)])"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == "[]"

    pictures = class_folder({"bars": 14, "dots": 14, "weave": 14}, size=40)
    odd_pictures(tmp_path / "odd")
    settings: dict[str, Any] = {"image_size": 32, "epochs": 2, "min_steps": 10, "strategy": "full"}
    with create_project(tmp_path / "p.tlproj") as project:
        import_source(project, pictures)
        request = TrainRequest("squeezenet1_1", weights="none", settings=settings)
        run = start_training(project, request).wait(400)
        assert run.state == "done", run.error
        report = export_model(project, run.id, tmp_path / "bundle")
        assert report.passed
        told = predict(project, run.id, images=[pictures, tmp_path / "odd"])
    bundle = tmp_path / "another place" / "model"
    bundle.parent.mkdir()
    shutil.move(report.bundle, bundle)
    shutil.rmtree(tmp_path / "p.tlproj")

    done = ask(elsewhere, bundle, "--check")
    assert done.returncode == 0, done.stderr
    assert "the check passed" in done.stdout

    done = ask(elsewhere, bundle, "--json", str(pictures), str(tmp_path / "odd"))
    assert done.returncode == 0, done.stderr
    answers = {Path(a["image"]).name: a for a in json.loads(done.stdout)["predictions"]}
    assert len(answers) == len(told) == 42 + 6
    for each in told:
        other = answers[Path(each.image).name]
        assert list(other["probabilities"]) == list(each.probabilities)
        difference = [abs(other["probabilities"][n] - p) for n, p in each.probabilities.items()]
        assert max(difference) < 1e-4, each.image
        assert other["label"] == each.label

    (tmp_path / "odd" / "notes.png").write_text("not an image")
    table = tmp_path / "answers.csv"
    done = ask(elsewhere, bundle, "--out", str(table), str(tmp_path / "odd"))
    assert done.returncode == 2
    assert "notes.png" in done.stderr
    assert "Traceback" not in done.stderr
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {Path(row["image"]).name for row in rows} == {
        p.name for p in (tmp_path / "odd").iterdir()
    } - {"notes.png"}
