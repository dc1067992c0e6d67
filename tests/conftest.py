"""Fixtures every room may use."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from tlstudio.storage.project import Project

ROOT = Path(__file__).resolve().parents[1]

# Tests and the processes they start write compiled code as they do on anybody's machine.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

# The same examples in every run, however long a busy machine takes over one; others are looked
# for where TLSTUDIO_FUZZ asks for it.
settings.register_profile(
    "tests",
    deadline=None,
    derandomize="TLSTUDIO_FUZZ" not in os.environ,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("tests")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes name no test: packed ones may hold the second they were made in.

    Each process gathers the tests for itself, and refuses to begin where names differ.
    """
    return argname if isinstance(val, bytes) else None


@pytest.fixture(autouse=True)
def tl_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings, weights and logs of each test in a folder of its own."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("TLSTUDIO_HOME", str(home))
    return home


@pytest.fixture(scope="session")
def feature_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights for SqueezeNet's features: random, the same in every run, made without torch."""
    import numpy as np
    from safetensors.numpy import save_file

    rng = np.random.default_rng(3)
    made: dict[str, np.ndarray] = {}

    def layer(name: str, outputs: int, inputs: int, side: int) -> None:
        spread = (2 / (inputs * side * side)) ** 0.5
        weight = rng.normal(0, spread, (outputs, inputs, side, side))
        made[f"features.{name}.weight"] = weight.astype(np.float32)
        made[f"features.{name}.bias"] = np.zeros(outputs, np.float32)

    layer("0", 64, 3, 3)
    fires = {3: (64, 16, 64), 4: (128, 16, 64), 6: (128, 32, 128), 7: (256, 32, 128),
             9: (256, 48, 192), 10: (384, 48, 192), 11: (384, 64, 256),
             12: (512, 64, 256)}  # fmt: skip
    for place, (inputs, squeeze, expand) in fires.items():
        layer(f"{place}.squeeze", squeeze, inputs, 1)
        layer(f"{place}.expand1x1", expand, squeeze, 1)
        layer(f"{place}.expand3x3", expand, squeeze, 3)
    path = tmp_path_factory.mktemp("features") / "squeezenet1_1.safetensors"
    save_file(made, path)
    return path


@pytest.fixture(scope="session")
def shared() -> Path:
    """The real data beside the checkout; tests that need it are skipped without it."""
    place = Path(os.environ.get("TLSTUDIO_SHARED", ROOT.parent / "shared"))
    if not (place / "data").is_dir():
        pytest.skip(f"real data is missing: no folder {place / 'data'}")
    return place


@pytest.fixture
def class_folder(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """Make a folder of small pictures, one folder per label, that a model can tell apart.

    `class_folder({"round": 6, "bars": 6}, size=32, seed=0)` -> the folder.
    """
    import numpy as np
    from PIL import Image

    def draw(counts: dict[str, int], size: int = 32, seed: int = 0, name: str = "images") -> Path:
        rng = np.random.default_rng(seed)
        root = tmp_path / name
        for kind, (label, count) in enumerate(counts.items()):
            (root / label).mkdir(parents=True)
            for index in range(count):
                y, x = np.mgrid[0:size, 0:size] / size
                wave = np.sin((x if kind % 2 else y) * 12 * (1 + kind // 2) + rng.uniform(0, 6))
                noise = rng.normal(0, 20, (size, size, 3))
                tint = np.array([60 * (kind % 3), 40, 80 * ((kind + 1) % 2)])
                pixels = 100 + 60 * wave[..., None] + tint + noise
                Image.fromarray(pixels.clip(0, 255).astype("uint8")).save(
                    root / label / f"{label}_{index:03d}.png"
                )
        return root

    yield draw


@pytest.fixture
def project_of(tmp_path: Path) -> Iterator[Callable[..., Project]]:
    """Make a project that knows of `count` images without files: for what needs no pixels.

    `project_of(5, labels=["round", "bars"])` -> the open project; it is closed at the end.
    """
    import hashlib

    from tlstudio.domain.images import SourceFacts
    from tlstudio.services.projects import create_project
    from tlstudio.storage import images

    made: list[Project] = []

    def facts(index: int) -> SourceFacts:
        name = hashlib.sha256(f"image {index}".encode()).hexdigest()
        return SourceFacts(1000 + index, index, name, 64, 48, "RGB", 8, name, name[:16])

    def make(count: int = 0, labels: tuple[str, ...] = (), name: str = "cells") -> Project:
        project = create_project(tmp_path / f"{name}.tlproj", labels=labels)
        made.append(project)
        files = [images.NewSource(f"images/{n}.png", False, facts(n)) for n in range(1, count + 1)]
        project.transact("undo.import", lambda db: images.add_sources(db, files), undoable=False)
        return project

    yield make
    for project in made:
        project.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell packaging/test.py what came of each test, and why some were skipped."""
    place = os.environ.get("TLSTUDIO_TEST_REPORT")
    if not place:
        return
    kinds = ("passed", "failed", "error", "skipped", "xfailed", "xpassed")
    found = {kind: terminalreporter.stats.get(kind, []) for kind in kinds}
    skips = [(report.nodeid, _reason(report)) for report in found["skipped"]]
    counts = {kind: len(reports) for kind, reports in found.items() if reports}
    Path(place).write_text(json.dumps({"counts": counts, "skips": skips}), "utf-8")


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    words = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return words.removeprefix("Skipped: ")


@pytest.fixture
def stained(tmp_path: Path) -> Callable[..., Path]:
    """`stained(3)`: a folder with so many drawn slides, half of each white, stained with H&E."""
    import numpy as np
    from PIL import Image

    def make(count: int, name: str = "slides", most: tuple[float, float] = (1.2, 0.8)) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        vectors = np.array([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11]])
        for number in range(count):
            rng = np.random.default_rng(number)
            amounts = rng.uniform(0.35, 1, (64, 64, 2)) * most
            amounts[rng.random((64, 64)) < 0.3, 0] = 0
            amounts[rng.random((64, 64)) < 0.3, 1] = 0
            amounts[:32] = 0
            unit = np.exp(-amounts @ (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)))
            Image.fromarray(np.rint(unit * 255).astype(np.uint8)).save(folder / f"{number}.png")
        return folder

    return make
