"""Bundles of detectors and segmenters answer as the program does, wherever they are taken."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tlstudio.domain.runs import JobSpec
from tlstudio.imaging.rle import decode
from tlstudio.ml.export import export
from tlstudio.ml.export.exporting import load_trained
from tlstudio.ml.export.parity import Shown
from tlstudio.ml.reporter import Reporter

Run = Callable[..., Path]
Job = Callable[..., JobSpec]

DETECTORS = ["fasterrcnn:squeezenet1_1", "ssdlite320_mobilenet_v3_large", "yolo11n"]


def ask(bundle: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """predict.py by itself: nothing of this checkout, nothing of the environment."""
    hidden = {n: v for n, v in os.environ.items() if not n.startswith(("PYTHON", "TLSTUDIO"))}
    command = [sys.executable, "-I", str(bundle / "predict.py"), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=hidden)


def told(bundle: Path, *words: str | Path) -> Any:
    done = ask(bundle, "--json", *words)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def facts_of(bundle: Path) -> Any:
    return json.loads((bundle / "bundle.json").read_text("utf-8"))


@pytest.mark.parametrize("model", DETECTORS)
def test_a_detector_finds_the_same_boxes_elsewhere(
    model: str, shape_run: Run, shape_job: Job, scenes: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "bundle"
    job = shape_job(shape_run(model), out)
    answer = export(job, Reporter())
    parity = answer["parity"]["onnx"]
    assert parity["passed"], parity
    assert (parity["n"], parity["of"], parity["unread"], parity["skipped"]) == (5, 5, 0, 0)
    assert parity["matched"] > 100
    assert {"find_boxes.py", "tell_shapes.py"} <= set(answer["files"])

    trained, _ = load_trained(Path(job.params["run_folder"]), job.params["labels"])
    own: Any = trained
    found = told(out, "--threshold", "0", *scenes)
    assert [(i["width"], i["height"]) for i in found["images"]][:2] == [(110, 70), (64, 120)]
    for path in scenes:
        expected = own.find(Shown(path))
        rows = [row for row in found["predictions"] if row["image"] == str(path)]
        sure = [row for row in rows if row["confidence"] > 0.3]
        assert len(sure) == int((expected.scores > 0.3).sum())
        assert abs(len(rows) - len(expected.scores)) <= 3
    first = found["predictions"][0]
    assert set(first) == {"image", "label", "confidence", "box"} and len(first["box"]) == 4


def test_words_tables_and_drawings_of_boxes(
    shape_run: Run, shape_job: Job, scenes: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "bundle"
    export(shape_job(shape_run("yolo11n"), out), Reporter())
    rows = told(out, scenes[0])["predictions"]
    assert rows and all(row["confidence"] >= 0.3 for row in rows)
    text = ask(out, scenes[0]).stdout
    cells = sum(row["label"] == "cell" for row in rows)
    assert f"{cells} cell" in text and str(scenes[0]) in text
    done = ask(
        *(out, "--out", tmp_path / "a.csv", "--draw", tmp_path / "drawn", "--threshold", "0.5"),
        *(scenes[0], scenes[0], scenes[3], tmp_path / "gone.png"),
    )
    assert done.returncode == 2 and "gone.png: there is no such file" in done.stderr
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    some = [row for row in rows if row["confidence"] >= 0.5]
    assert [row["image"] for row in table].count(str(scenes[0])) == 2 * len(some)
    assert float(table[0]["x"]) == some[0]["box"][0]
    assert float(table[0]["height"]) == some[0]["box"][3]
    names = sorted(p.name for p in (tmp_path / "drawn").iterdir())
    assert names == ["scene 0-2.png", "scene 0.png", "scene 3.png"]
    with Image.open(tmp_path / "drawn" / "scene 0.png") as drawn, Image.open(scenes[0]) as plain:
        assert drawn.size == plain.size
        assert np.any(np.asarray(drawn) != np.asarray(plain))
    assert ask(out, "--threshold", "2", scenes[0]).returncode == 2
    refused = ask(out, "--masks", tmp_path / "m", scenes[0])
    assert refused.returncode == 2 and "no use for --masks" in refused.stderr


@pytest.mark.parametrize("model", ["fasterrcnn:squeezenet1_1", "yolo11n"])
def test_large_images_are_searched_in_the_same_pieces(
    model: str, shape_run: Run, shape_job: Job, tmp_path: Path
) -> None:
    out = tmp_path / "bundle"
    parity = export(shape_job(shape_run(model, tile=80), out), Reporter())["parity"]["onnx"]
    assert parity["passed"], parity
    assert parity["matched"] > 100
    assert facts_of(out)["preprocessing"]["tile"] == 80
    assert "in pieces of 80 px" in (out / "MODEL_CARD.md").read_text("utf-8")


@pytest.mark.parametrize(("patch", "window"), [(40, "percentiles"), (96, "auto"), (-1, "auto")])
def test_windows_are_moved_and_blended_alike(
    patch: int, window: str, shape_run: Run, shape_job: Job, scenes: list[Path], tmp_path: Path
) -> None:
    seen = {"kind": window, "low": None, "high": None}
    job = shape_job(
        shape_run("unet:squeezenet1_1", patch=patch, window=seen),
        tmp_path / "bundle",
        items=[{"key": "1", "path": str(path)} for path in scenes[1:4]],
    )
    parity = export(job, Reporter())["parity"]["onnx"]
    assert parity["passed"], parity
    assert parity["max_diff"] < 1e-3
    assert parity["n"] == 3


def test_a_segmenter_paints_the_same_regions_elsewhere(
    shape_run: Run, shape_job: Job, scenes: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "bundle"
    job = shape_job(shape_run("unet:squeezenet1_1", flips=True), out)
    parity = export(job, Reporter())["parity"]["onnx"]
    assert parity["passed"], parity
    assert parity["max_diff"] < 1e-3
    assert parity["n"] == 5
    trained, _ = load_trained(Path(job.params["run_folder"]), job.params["labels"])
    own: Any = trained
    path = scenes[4]
    expected = own.kept.paint(path, 0).classes
    assert len(np.unique(expected)) == 3
    masks = tmp_path / "masks"
    found = told(out, "--masks", masks, "--draw", tmp_path / "drawn", path)
    with Image.open(masks / "scene 4.png") as picture:
        assert picture.mode == "P"
        assert picture.getpalette()[:6] == [0, 0, 0, 0xE6, 0x9F, 0x00]  # type: ignore[index]
        painted = np.asarray(picture)
    assert np.mean(painted != expected) < 1e-3
    for number, row in enumerate(found["predictions"], 1):
        height, width = row["rle"]["size"]
        mask = decode(row["rle"]["counts"], width, height)
        assert np.array_equal(mask, painted == number)
        x, y, w, h = row["box"]
        assert mask[y : y + h, x : x + w].sum() == mask.sum() == row["pixels"]
        assert row["share"] == pytest.approx(mask.mean(), abs=1e-6)
    text = ask(out, path).stdout
    assert f"cell {100 * found['predictions'][0]['share']:.1f} %" in text
    refused = ask(out, "--threshold", "0.5", path)
    assert refused.returncode == 2 and "no use for --threshold" in refused.stderr


@pytest.mark.parametrize("model", ["yolo11n", "unet:squeezenet1_1"])
def test_check_notices_other_answers(
    model: str, shape_run: Run, shape_job: Job, tmp_path: Path
) -> None:
    out = tmp_path / "bundle"
    export(shape_job(shape_run(model), out), Reporter())
    done = ask(out, "--check")
    assert (done.returncode, "the check passed" in done.stdout) == (0, True), done.stdout
    expected = json.loads((out / "expected.json").read_text("utf-8"))
    facts = facts_of(out)
    if model == "yolo11n":
        assert expected["objects"]
        expected["objects"][0]["box"][0] += 3
        (out / "expected.json").write_text(json.dumps(expected), encoding="utf-8")
        facts["files"].pop("expected.json")
    else:
        with Image.open(out / "expected.png") as picture:
            other = np.roll(np.asarray(picture), 5, axis=1)
        Image.fromarray(other).save(out / "expected.png")
        assert "expected.png was changed" in ask(out, "--check").stdout
        facts["files"].pop("expected.png")
    (out / "bundle.json").write_text(json.dumps(facts), encoding="utf-8")
    done = ask(out, "--check")
    assert (done.returncode, "THE CHECK FAILED" in done.stdout) == (1, True), done.stdout


def test_nothing_is_left_on_the_machine_that_asks(
    shape_run: Run, shape_job: Job, scenes: list[Path], tmp_path: Path
) -> None:
    out, home = tmp_path / "bundle", tmp_path / "home"
    home.mkdir()
    export(shape_job(shape_run("yolo11n"), out), Reporter())
    before = sorted(p.name for p in out.iterdir())
    places = {"HOME": str(home), "USERPROFILE": str(home), "TMPDIR": str(home)}
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    command = [sys.executable, "-I", str(out / "predict.py"), str(scenes[0])]
    done = subprocess.run(command, cwd=home, env=kept | places, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert list(home.rglob("*")) == []
    assert sorted(p.name for p in out.iterdir()) == before


def test_a_detector_that_differs_fails_its_check(
    shape_run: Run, shape_job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tlstudio.ml.export import boxes

    square = boxes._square

    def wrongly(*given: Any) -> dict[str, Any]:
        told = square(*given)
        told["preprocessing"]["grey"] = 0
        return told

    monkeypatch.setattr(boxes, "_square", wrongly)
    answer = export(shape_job(shape_run("yolo11n"), tmp_path / "bundle"), Reporter())
    assert not answer["parity"]["onnx"]["passed"]
    assert answer["bundle"] == str(tmp_path / "bundle-failed")
    assert "DO NOT USE" in (tmp_path / "bundle-failed" / "MODEL_CARD.md").read_text("utf-8")


def test_a_segmenter_that_differs_fails_its_check(
    shape_run: Run, shape_job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tlstudio.ml.export.regions.SIGMA", 0.5)
    answer = export(shape_job(shape_run("unet:squeezenet1_1"), tmp_path / "bundle"), Reporter())
    assert not answer["parity"]["onnx"]["passed"]


@pytest.mark.parametrize("model", ["yolo11n", "fasterrcnn:squeezenet1_1", "unet:squeezenet1_1"])
def test_the_card_says_what_the_task_needs(
    model: str, shape_run: Run, shape_job: Job, tmp_path: Path
) -> None:
    out = tmp_path / "bundle"
    job = shape_job(shape_run(model), out, sample=False)
    job.params["facts"]["training"]["recipe"] = {"strategy": "probe-then-finetune"}
    export(job, Reporter())
    card = (out / "MODEL_CARD.md").read_text("utf-8")
    readme = (out / "README.txt").read_text("utf-8")
    assert "The check passed" in card and "map50 0.610" in card
    assert "not a medical device" in card and "not evaluated" in card
    if model == "unet:squeezenet1_1":
        assert "least Dice of a label 1.00000" in card and "| cell | 200 | 19 | 0 |" in card
        assert "paint_regions.py" in readme and "expected.png" in readme
    else:
        assert "**0.300**" in card and "boxes have their partner" in card
        assert "find_boxes.py" in readme and "--threshold" in readme
    assert "Trained was the whole network" in card  # from scratch nothing is spared
    assert ("is rounded to 8 bits a channel" in card) == (model == "yolo11n")
    facts = facts_of(out)
    assert facts["task"] == ("segmentation" if "unet" in model else "detection")
    assert facts["postprocessing"] and facts["onnx"]["outputs"]


@pytest.mark.parametrize(
    ("model", "figures", "head"),
    [
        (
            "yolo11n",
            {"ap50": 0.61, "ap50_95": None, "recall": 0.7, "precision": 0.8, "f1": 0.75},
            "| label | objects | images | AP50 | AP50-95 | found of them (recall) |",
        ),
        (
            "unet:squeezenet1_1",
            {"dice": 0.61, "iou": 0.7, "boundary_f1": 0.8, "hd95": 12.0},
            "| label | images | Dice | IoU | boundary F1 | Hausdorff 95, px |",
        ),
    ],
)
def test_the_card_gives_the_figures_of_the_task(
    model: str, figures: dict[str, Any], head: str, shape_run: Run, shape_job: Job, tmp_path: Path
) -> None:
    out = tmp_path / "bundle"
    job = shape_job(shape_run(model), out)
    row = {"objects": 44, "images": 9, **figures, "intervals": {"ap50": [0.5, 0.72]}}
    job.params["facts"]["metrics"] = {
        "evaluation": {
            "split": "test",
            "images": 9,
            "groups": 9,
            "metrics": {"map50": 0.61, "threshold": 0.3},
            "intervals": {"map50": [0.4, 0.7]},
            "methods": {"map50": "jackknife"},
            "per_label": {"cell": row},
            "leaks": {},
        }
    }
    export(job, Reporter())
    card = (out / "MODEL_CARD.md").read_text("utf-8")
    assert "| map50 | 0.610 | 0.400 to 0.700 | jackknife over groups |" in card
    assert "| threshold |" not in card
    assert head in card
    boxes = "| cell | 44 | 9 | 0.610 (0.500 to 0.720) | not defined | 0.700 | 0.800 |"
    regions = "| cell | 9 | 0.610 | 0.700 | 0.800 | 12.000 |"
    assert (boxes if model == "yolo11n" else regions) in card
