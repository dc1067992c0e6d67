"""Training of a YOLO detector in a real child: ended, broken off, killed, and gone on with."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tlstudio.domain.events import EpochEnded, Event, Examples, Progressed, decode
from tlstudio.domain.runs import JobSpec

sys.path.append(str(Path(__file__).parents[1] / "bench"))
box_sets: Any = import_module("box_sets")

Make = Callable[..., JobSpec]
Start = Callable[..., Any]


@pytest.fixture
def make(tmp_path: Path, tl_home: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Jobs that train a small network from scratch on the same drawn pictures."""
    monkeypatch.setenv("YOLO_CONFIG_DIR", str(tl_home / "libraries"))
    rows = box_sets.squares(tmp_path / "drawn")

    def job(name: str, *, resume: bool = False, **settings: Any) -> JobSpec:
        chosen = {"image_size": 64, "epochs": 3, "batch_size": 3, "patience": 100}
        made: JobSpec = box_sets.training_job(
            tmp_path / name,
            rows,
            model="yolo11n",
            settings=chosen | settings,
            labels=box_sets.SQUARES,
            resume=resume,
        )
        return made

    return job


def curve(folder: Path) -> dict[int, dict[str, float]]:
    """Values by epoch from the history; of a repeated epoch the last."""
    events = [decode(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    return {e.epoch: e.values for e in events if isinstance(e, EpochEnded)}


def in_epoch(number: int) -> Callable[[Event], bool]:
    return lambda e: isinstance(e, Progressed) and (e.epoch or 0) >= number


def left_in(folder: Path) -> set[str]:
    """What the run left behind."""
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}


@pytest.mark.slow
def test_a_killed_run_goes_on_and_ends_on_the_same_curve(start: Start, make: Make) -> None:
    whole = start(job=make("whole", epochs=5))
    assert whole.end() == 0
    broken = start(job=make("broken", epochs=5))
    broken.until(in_epoch(2))  # early, that it is not at its end before it is killed
    broken.kill()
    assert not (broken.folder / "result.json").exists()
    resumed = start(job=make("broken", epochs=5, resume=True))
    assert resumed.end() == 0
    expected, found = curve(whole.folder), curve(broken.folder)
    assert sorted(found) == sorted(expected) == [1, 2, 3, 4, 5]
    for epoch, values in expected.items():
        assert found[epoch] == pytest.approx(values, abs=1e-6)
    assert resumed.result()["metrics"] == pytest.approx(whole.result()["metrics"], abs=1e-6)
    assert left_in(broken.folder) == left_in(whole.folder), "no scratch of the library is left"


@pytest.mark.slow
def test_stop_keeps_the_best_and_cancel_keeps_nothing_waiting(start: Start, make: Make) -> None:
    child = start(job=make("run", epochs=500, strategy="full"))
    child.until(in_epoch(2))
    child.tell("stop")
    assert child.end() == 0
    result = child.result()
    assert (result["state"], result["ended"]) == ("done", "user")
    assert result["epochs"] >= 1 and (child.folder / "best.safetensors").exists()
    again = start(job=make("run", epochs=500, strategy="full", resume=True))
    first = again.until(lambda e: isinstance(e, EpochEnded))
    assert first.epoch == result["epochs"] + 1
    again.tell("cancel")
    assert again.end() == 0
    assert again.result()["state"] == "cancelled"


def test_it_speaks_the_protocol_and_leaves_only_what_a_run_keeps(start: Start, make: Make) -> None:
    child = start(job=make("run", epochs=1))
    assert child.end() == 0
    kinds = {e.kind for e in child.events}
    assert kinds >= {"started", "progress", "epoch", "examples", "ending"}
    assert "unreadable" not in kinds
    assert "REACHED OUT" not in child.said()
    (shown,) = [e for e in child.events if isinstance(e, Examples)]
    images = json.loads((child.folder / shown.file).read_text())["images"]
    assert [set(image) for image in images] == [{"image", "width", "height", "truth", "found"}] * 4
    assert images[0]["truth"][0]["box"] and set(images[0]["found"]) >= {"boxes", "labels", "scores"}
    assert left_in(child.folder) == {
        "best.json",
        "best.safetensors",
        "events.jsonl",
        "examples/epoch-001.json",
        "job.json",
        "last.ckpt",
        "log.txt",
        "result.json",
        "snapshot.jsonl.gz",
    }
