"""Training in a real child: ended, broken off, killed, and gone on with."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tlstudio.domain.events import EpochEnded, Event, Progressed, decode
from tlstudio.domain.runs import JobSpec

sys.path.append(str(Path(__file__).parents[1] / "bench"))
sets: Any = import_module("sets")

Make = Callable[..., JobSpec]
Start = Callable[..., Any]


@pytest.fixture
def make(tmp_path: Path, class_folder: Callable[..., Path]) -> Make:
    """Jobs that train from scratch on the same drawn pictures."""
    for split in ("train", "val", "test"):
        drawn = class_folder({"round": 16, "bars": 16}, seed=len(split), name=f"drawn_{split}")
        (tmp_path / "split").mkdir(exist_ok=True)
        drawn.rename(tmp_path / "split" / split)

    def job(name: str, *, resume: bool = False, **settings: Any) -> JobSpec:
        chosen = {"image_size": 32, "epochs": 4, "min_steps": 60, "patience": 100}
        found: JobSpec = sets.training_job(
            tmp_path / name,
            sets.split_folders(tmp_path / "split"),
            model="squeezenet1_1",
            weights=None,
            settings=chosen | settings,
            resume=resume,
        )
        return found

    return job


def curve(folder: Path) -> dict[int, dict[str, float]]:
    """Values by epoch from the history; of a repeated epoch the last."""
    events = [decode(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    return {e.epoch: e.values for e in events if isinstance(e, EpochEnded)}


def in_epoch(number: int) -> Callable[[Event], bool]:
    return lambda e: isinstance(e, Progressed) and (e.epoch or 0) >= number


def test_a_killed_run_goes_on_and_ends_on_the_same_curve(start: Start, make: Make) -> None:
    whole = start(job=make("whole"))
    assert whole.end() == 0
    broken = start(job=make("broken"))
    broken.until(in_epoch(2))  # early, that it is not at its end before it is killed
    broken.kill()
    assert not (broken.folder / "result.json").exists()
    resumed = start(job=make("broken", resume=True))
    assert resumed.end() == 0
    expected, found = curve(whole.folder), curve(broken.folder)
    assert sorted(found) == sorted(expected) == [1, 2, 3, 4]
    for epoch, values in expected.items():
        assert found[epoch] == pytest.approx(values, abs=1e-6)
    assert resumed.result()["metrics"] == pytest.approx(whole.result()["metrics"], abs=1e-6)
    assert resumed.result()["best"] == whole.result()["best"]


def test_a_run_whose_window_died_is_lost_and_goes_on(start: Start, make: Make) -> None:
    child = start(job=make("run", epochs=50, min_steps=500))
    child.until(in_epoch(2))
    child.leave()
    assert child.end() == 0
    assert child.result()["state"] == "lost"
    again = start(job=make("run", epochs=50, min_steps=500, resume=True))
    first = again.until(lambda e: isinstance(e, EpochEnded))
    assert first.epoch >= 2
    again.tell("stop")
    assert again.end() == 0
    assert again.result()["state"] == "done" and again.result()["ended"] == "user"


def test_cancel_in_the_middle_of_an_epoch(start: Start, make: Make) -> None:
    child = start(job=make("run", epochs=50, min_steps=2000))
    child.until(in_epoch(1))
    child.tell("cancel")
    assert child.end() == 0
    assert child.result()["state"] == "cancelled"


def test_training_speaks_the_protocol_and_reaches_out_to_nobody(start: Start, make: Make) -> None:
    child = start(job=make("run", epochs=1, min_steps=0))
    assert child.end() == 0
    assert {e.kind for e in child.events} >= {"started", "progress", "epoch", "ending"}
    assert "unreadable" not in {e.kind for e in child.events}
    assert "REACHED OUT" not in child.said()
