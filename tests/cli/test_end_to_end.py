"""The whole loop on the command line with the real engine: folder of images to bundle."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

TINY = ("--model", "squeezenet1_1", "--weights", "none", "--image-size", "32")
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")


@pytest.fixture
def project(tlstudio: Callable[..., Any], class_folder: Callable[..., Path]) -> str:
    class_folder({"bars": 16, "dots": 16})
    tlstudio("new", "p.tlproj")
    tlstudio("import", "p.tlproj", "images", "--json")
    return "p.tlproj"


def test_folder_to_bundle(tlstudio: Callable[..., Any], project: str, tmp_path: Path) -> None:
    answer = tlstudio(
        "train", project, *TINY, "--epochs", 2, "--set", "min_steps=4", "--json", "--events"
    )
    run = answer.json
    assert (run["run"], run["state"], run["ended"]) == ("r0001", "done", "completed")
    assert (run["epochs"], run["split_made"]) == (2, True)
    assert set(run["best"]) == {"epoch", "metric", "value"}
    assert run["metrics"][run["best"]["metric"]] == pytest.approx(run["best"]["value"])
    assert run["weights_used"]["layers"] == [{"part": "model", "source": "random"}]
    events = [json.loads(line)["event"] for line in answer.err.splitlines() if line[:1] == "{"]
    assert {"started", "progress", "epoch"} <= set(events)

    found = tlstudio("evaluate", project, "best", "--json").json
    assert found["leaks"] == []
    assert found["confusion"]["labels"] == ["bars", "dots"]
    assert sum(map(sum, found["confusion"]["matrix"])) == found["images"]
    text = tlstudio("evaluate", project, "latest", "--split", "val").out
    assert "balanced_accuracy" in text

    tlstudio("predict", project, "best", "--images", "images", "--out", "found.csv")
    with (tmp_path / "found.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 32
    assert {"image", "label", "confidence", "bars", "dots"} == set(rows[0])
    one = tlstudio(
        "predict", project, "best", "--images", "images/bars/bars_000.png", "--json"
    ).json["predictions"]
    same = next(row for row in rows if row["image"] == one[0]["image"])
    assert one[0]["confidence"] == pytest.approx(float(same["confidence"]), abs=1e-5)

    report = tlstudio("export-model", project, "best", "--out", "bundle", "--json").json
    assert report["parity"]["onnx"]["passed"]
    assert Path(report["bundle"]) == tmp_path / "bundle"
    assert {"model.onnx", "bundle.json", "predict.py"} <= set(report["files"])

    [listed] = tlstudio("runs", project, "--json").json["runs"]
    assert listed["recipe"]["epochs"] == 2
    assert listed["weights_used"] == run["weights_used"]
    assert tlstudio("info", project, "--json").json["runs"] == 1


def _start(folder: Path, project: str, *more: str) -> subprocess.Popen[str]:
    root = str(Path(__file__).resolve().parents[2])
    arguments = ("train", project, *TINY, "--epochs", "900", "--set", "patience=900", *more)
    return subprocess.Popen(
        [sys.executable, "-m", "tlstudio", *arguments, "--json", "--events"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": root},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _until_epoch(child: subprocess.Popen[str], number: int) -> None:
    assert child.stderr is not None
    limit = time.monotonic() + 400
    for line in child.stderr:
        assert time.monotonic() < limit
        if line.startswith("{"):
            event = json.loads(line)
            if event["event"] == "epoch" and event["epoch"] >= number:
                return
    raise AssertionError(f"ended early: {child.communicate()}")


@POSIX
def test_interrupt_stops_and_keeps(project: str, tmp_path: Path) -> None:
    with _start(tmp_path, project, "--set", "min_steps=0") as child:
        _until_epoch(child, 1)
        child.send_signal(signal.SIGINT)
        out, _err = child.communicate(timeout=240)
    run = json.loads(out)
    assert child.returncode == 0
    assert (run["state"], run["ended"]) == ("done", "user")
    assert run["best"] is not None


@POSIX
def test_second_interrupt_cancels(project: str, tmp_path: Path) -> None:
    with _start(tmp_path, project, "--set", "min_steps=500000") as child:
        assert child.stderr is not None
        for line in child.stderr:
            if '"finetune"' in line or "training.stage.finetune" in line:
                break
        child.send_signal(signal.SIGINT)
        time.sleep(0.05)
        child.send_signal(signal.SIGINT)
        out, _err = child.communicate(timeout=240)
    found = json.loads(out)
    assert child.returncode in (0, 2)
    assert found["state"] in ("cancelled", "done")
    if found["state"] == "cancelled":
        assert found["error"]["code"] == "command.run_cancelled"


@POSIX
def test_killed_command_leaves_a_run_that_can_be_resumed(
    tlstudio: Callable[..., Any], project: str, tmp_path: Path
) -> None:
    with _start(tmp_path, project, "--set", "min_steps=0") as child:
        _until_epoch(child, 2)
        child.kill()
        child.wait(60)
    folder = tmp_path / project / "runs" / "r0001"
    limit = time.monotonic() + 240
    while not (folder / "result.json").exists() and time.monotonic() < limit:
        time.sleep(0.2)
    [run] = tlstudio("runs", project, "--json").json["runs"]
    assert run["state"] == "lost"
    before = run["epochs"]
    with subprocess.Popen(
        [sys.executable, "-m", "tlstudio", "resume", project, "r0001", "--json", "--events"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        _until_epoch(child, before + 1)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=240)
    done = json.loads(out)
    assert (done["run"], done["state"], done["ended"]) == ("r0001", "done", "user"), err
    assert done["epochs"] > before >= 2
