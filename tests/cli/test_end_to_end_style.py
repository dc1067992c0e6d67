"""A style learned on the command line with the real engine, and given to a folder of pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.slow


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Six pictures that nobody has labelled."""
    rng = np.random.default_rng(1)
    root = tmp_path / "album"
    root.mkdir()
    for number in range(6):
        pixels = rng.integers(0, 255, (72, 96, 3), np.uint8)
        pixels[10 : 40 + number, 20:60] = (200, 60, 10 * number)
        Image.fromarray(pixels).save(root / f"{number}.{'jpg' if number % 2 else 'png'}")
    return root


def test_from_pictures_to_restyled_ones(
    tlstudio: Callable[..., Any], album: Path, feature_file: Path, tmp_path: Path
) -> None:
    stripes = np.zeros((80, 80, 3), np.uint8)
    stripes[::4] = (250, 200, 20)
    Image.fromarray(stripes).save(tmp_path / "stripes.png")
    tlstudio("new", "p.tlproj")
    tlstudio("import", "p.tlproj", album)
    small = ("--epochs", 1, "--image-size", 64, "--set", "batch_size=50", "--set", "width=16")
    asked = ("train", "p.tlproj", "--task", "style", "--model", "fast-style:squeezenet1_1")
    absent = tlstudio(*asked, "--style", "stripes.png", *small, "--json", status=2).json
    assert absent["error"]["code"] == "weights.absent_features"
    assert "weights fetch squeezenet1_1" in absent["error"]["message"]
    assert "weights import squeezenet1_1" in absent["error"]["message"]
    tlstudio("weights", "import", "squeezenet1_1", feature_file)
    run = tlstudio(*asked, "--style", "stripes.png", *small, "--json").json
    assert (run["state"], run["ended"], run["epochs"]) == ("done", "completed", 1)
    assert set(run["metrics"]) == {"val_loss"} and run["best"]["metric"] == "val_loss"
    assert run["style"]["label"] == "stripes.png"
    assert run["split_made"] is False

    out = tmp_path / "restyled"
    made = tlstudio("predict", "p.tlproj", "latest", "--images", album, "--out", out, "--json").json
    assert sorted(file.name for file in out.iterdir()) == sorted(f.name for f in album.iterdir())
    assert [set(each) for each in made["predictions"]] == [{"image", "file", "width", "height"}] * 6
    with Image.open(out / "0.png") as after, Image.open(album / "0.png") as before:
        assert after.size == before.size
        assert np.abs(np.asarray(after, float) - np.asarray(before, float)).mean() > 5

    judged = tlstudio("evaluate", "p.tlproj", run["run"], "--json", status=2).json
    assert judged["error"]["code"] == "evaluation.style"
    [row] = tlstudio("runs", "p.tlproj", "--json").json["runs"]
    assert row["style"]["label"] == "stripes.png"
    unsaid = tlstudio("predict", "p.tlproj", "latest", "--json", status=2).json
    assert unsaid["error"]["code"] == "restyle.needs_out"
