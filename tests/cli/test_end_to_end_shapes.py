"""Detection on the command line with the real engine: boxes in, figures and suggestions out."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.slow

SIDE = 64


@pytest.fixture
def smears(tmp_path: Path) -> Path:
    """Twenty small pictures of one bright square and one dark bar, with boxes in YOLO's format,
    and two more without any labels."""
    rng = np.random.default_rng(0)
    root = tmp_path / "smears"
    for folder in ("images", "labels"):
        (root / folder).mkdir(parents=True)
    (root / "data.yaml").write_text("names: [square, bar]\n")
    for index in range(22):
        pixels = rng.normal(110, 12, (SIDE, SIDE, 3))
        x, y = (int(v) for v in rng.integers(2, 24, 2))
        pixels[y : y + 20, x : x + 20] = 230
        left = int(rng.integers(2, 40))
        pixels[48:56, left : left + 22] = 20
        Image.fromarray(pixels.clip(0, 255).astype("uint8")).save(root / f"images/{index:02d}.png")
        if index < 20:
            lines = [_line(0, x, y, 20, 20), _line(1, left, 48, 22, 8)]
            (root / f"labels/{index:02d}.txt").write_text("\n".join(lines) + "\n")
    return root


def _line(label: int, x: int, y: int, w: int, h: int) -> str:
    sides = ((x + w / 2) / SIDE, (y + h / 2) / SIDE, w / SIDE, h / SIDE)
    return " ".join([str(label), *(f"{value:.6f}" for value in sides)])


def test_boxes_to_suggestions(tlstudio: Callable[..., Any], smears: Path, tmp_path: Path) -> None:
    tlstudio("new", "p.tlproj", "--task", "detection")
    assert tlstudio("import", "p.tlproj", smears, "--json").json["annotations"] == 40
    common = ("train", "p.tlproj", "--model", "yolo11n", "--weights", "none")
    plan = tlstudio(*common, "--plan", "--json").json
    assert plan["objects"]["bar"][""] == 20
    assert plan["defaults"]["image_size"]["used"]
    assert {w["code"] for w in plan["warnings"]} >= {"training.left_out.unmarked"}

    answer = tlstudio(*common, "--image-size", 64, "--epochs", 1, "--json", "--events")
    run = answer.json
    assert (run["state"], run["ended"], run["split_made"]) == ("done", "completed", True)
    assert {"map50", "map50_95", "threshold"} <= set(run["metrics"])
    events = [json.loads(line)["event"] for line in answer.err.splitlines() if line[:1] == "{"]
    assert {"started", "progress", "epoch", "examples"} <= set(events)

    found = tlstudio("evaluate", "p.tlproj", "latest", "--threshold", "0.001", "--json").json
    assert found["confusion"]["labels"] == ["square", "bar", None]
    assert found["metrics"]["threshold"] == 0.001
    assert set(found["per_label"]) == {"square", "bar"}
    text = tlstudio("evaluate", "p.tlproj", "latest", "--split", "val").out
    assert "map50_95" in text and "(background)" in text

    written = tlstudio(
        "predict",
        "p.tlproj",
        "latest",
        "--threshold",
        "0.0005",
        "--write",
        "--out",
        "f.csv",
        "--json",
    ).json
    assert written["task"] == "detection" and len(written["images"]) == 22
    assert all(len(each["box"]) == 4 for each in written["predictions"])
    with (tmp_path / "f.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(written["predictions"])
    waiting = tlstudio("info", "p.tlproj", "--json").json["suggestions"]
    assert waiting == written["written"] > 0

    again = tlstudio(
        *("train", "p.tlproj", "--model", "yolo11n", "--weights", "run:latest"),
        *("--image-size", 64, "--epochs", 1, "--json"),
    ).json
    assert again["run"] == "r0002"
    refused = tlstudio("export-model", "p.tlproj", "latest", "--out", "b", "--json", status=2).json
    assert refused["error"]["code"] == "bundle.task"
