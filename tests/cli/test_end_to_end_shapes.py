"""Detection and segmentation on the command line with the real engine: boxes and masks in,
figures and suggestions out, backbones from one to the other."""

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
    assert "counts per image" in text and "(all)" in text and "ap_small" in text

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

    made = tlstudio("export-model", "p.tlproj", "latest", "--out", "b", "--json").json
    assert made.keys() == {"bundle", "files", "parity"}
    assert made["parity"]["onnx"]["passed"] and made["parity"]["onnx"]["n"] > 0
    assert {"find_boxes.py", "predict.py", "model.onnx"} <= set(made["files"])
    text = tlstudio("export-model", "p.tlproj", "latest", "--out", "b").out
    assert "boxes matched" in text and "passed" in text


def test_a_backbone_goes_from_a_detector_to_a_segmenter(
    tlstudio: Callable[..., Any], smears: Path, tmp_path: Path
) -> None:
    tlstudio("new", "t.tlproj", "--task", "detection")
    tlstudio("import", "t.tlproj", smears)
    short = ("--image-size", 64, "--epochs", 1, "--json")
    model = ("--model", "fasterrcnn:squeezenet1_1", "--weights", "none")
    first = tlstudio("train", "t.tlproj", *model, *short).json
    assert "map50" in first["metrics"]
    second = tlstudio(
        *("train", "t.tlproj", "--task", "segmentation", "--from", "box"),
        *("--model", "unet:squeezenet1_1", "--weights", "run:latest", *short),
    ).json
    assert second["best"]["metric"] == "dice"
    kept = tmp_path / "t.tlproj" / "runs" / second["run"] / "best.json"
    used = json.loads(kept.read_text("utf-8"))["weights_used"]
    assert (used["kind"], used["label"], used["part"]) == ("run", "run:r0001", "backbone")
    assert used["keys_matched"] == 50
    other = tlstudio(
        *("train", "t.tlproj", "--model", "yolo11n", "--weights", "run:latest", "--json"), status=2
    ).json
    assert other["error"]["code"] == "training.other_family"


@pytest.fixture
def cells(tmp_path: Path) -> Path:
    """Twelve grey pictures of a bright disc, with masks of it beside them, and two without."""
    rng = np.random.default_rng(1)
    root = tmp_path / "cells"
    for folder in ("image", "label"):
        (root / folder).mkdir(parents=True)
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    for index in range(14):
        middle = rng.integers(20, 44, 2)
        disc = (x - middle[0]) ** 2 + (y - middle[1]) ** 2 < 14**2
        pixels = rng.normal(90, 10, (SIDE, SIDE)) + 90 * disc
        Image.fromarray(pixels.clip(0, 255).astype("uint8")).save(root / f"image/{index:02d}.png")
        if index < 12:
            Image.fromarray(disc.astype("uint8") * 255).save(root / f"label/{index:02d}.png")
    return root


def test_masks_to_suggestions(tlstudio: Callable[..., Any], cells: Path) -> None:
    tlstudio("new", "m.tlproj", "--task", "segmentation")
    said = tlstudio("import", "m.tlproj", cells, "--json").json
    assert said["labels"] == {"foreground": 12}
    assert "objects.mask_foreground" in {warning["code"] for warning in said["warnings"]}
    tlstudio("label", "rename", "m.tlproj", "foreground", "cell")
    run = tlstudio(
        *("train", "m.tlproj", "--model", "unet:squeezenet1_1", "--weights", "none"),
        *("--image-size", 64, "--epochs", 2, "--json"),
    ).json
    assert run["best"]["metric"] == "dice"
    assert {"dice", "iou"} <= set(run["metrics"])
    found = tlstudio("evaluate", "m.tlproj", "latest", "--json").json
    assert {"dice", "iou", "pixel_accuracy", "boundary_f1"} <= set(found["metrics"])
    assert found["confusion"]["labels"] == ["cell", None]
    pixels = sum(map(sum, found["confusion"]["matrix"]))
    assert pixels == found["images"] * SIDE * SIDE
    answer = tlstudio("predict", "m.tlproj", "latest", "--write", "--json").json
    assert len(answer["images"]) == 14
    assert all(each["rle"]["size"] == [SIDE, SIDE] for each in answer["predictions"])
    waiting = tlstudio("info", "m.tlproj", "--json").json["suggestions"]
    assert waiting == answer["written"] <= 2
    refused = tlstudio(
        *("train", "m.tlproj", "--model", "unet:squeezenet1_1", "--json"), status=2
    ).json
    assert refused["error"]["code"] == "weights.absent_backbone"
