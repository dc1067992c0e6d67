"""The verb site-check: what it refuses before anything changes, what it tells, how it is ended."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tlstudio.cli.main import main
from tlstudio.services import labelling
from tlstudio.services.datasets import import_source
from tlstudio.services.images import find_images, image_rows
from tlstudio.services.projects import create_project, open_project

FAKE = Path(__file__).parents[1] / "jobs" / "fake_worker.py"
TINY = ("--model", "squeezenet1_1", "--weights", "none", "--image-size", "32")


@pytest.fixture
def folder(tmp_path: Path, class_folder: Callable[..., Path], monkeypatch: Any) -> Path:
    """24 images, 8 of which have the tag B; workers only pretend to learn."""
    monkeypatch.setattr(
        "tlstudio.jobs.supervisor.worker_command",
        lambda job: [sys.executable, str(FAKE), str(job)],
    )
    monkeypatch.setenv("TLSTUDIO_FAKE_ACT", "finish")
    with create_project(tmp_path / "p.tlproj") as project:
        import_source(project, class_folder({"bars": 12, "dots": 12}, size=16))
        images = find_images(project)
        labelling.set_tags(project, [*images[:4], *images[12:16]], add=["B"])
        return project.folder


@pytest.fixture
def check(folder: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, Any]]:
    def call(*arguments: str, site: str = "tag:B") -> tuple[int, Any]:
        status = main(["site-check", str(folder), "--hold-out", site, *TINY, *arguments, "--json"])
        return status, json.loads(capsys.readouterr().out)

    return call


def splits(folder: Path) -> set[str | None]:
    with open_project(folder, read_only=True) as project:
        return {row.split for row in image_rows(project, find_images(project))}


def recipes(folder: Path) -> list[dict[str, Any]]:
    from tlstudio.services.training import list_runs

    with open_project(folder, read_only=True) as project:
        return [run.recipe for run in list_runs(project)]


def test_pairs_differ_in_what_is_tried_alone(check: Any, folder: Path) -> None:
    status, found = check("--seeds", "2", "--both", "patience=4")
    assert status == 0
    assert found["site"] == "tag:B" and found["split"]["splits"]["test"] == 8
    assert found["tried"] == {"look_augmentation": "colour"}
    pairs = [(each["first"], each["second"]) for each in found["comparisons"]]
    assert pairs == [("r0001", "r0002"), ("r0003", "r0004")]
    assert [list(each["settings"]) for each in found["comparisons"]] == [["look_augmentation"]] * 2
    told = recipes(folder)
    assert [r["seed"] for r in told] == [0, 0, 1, 1] and {r["patience"] for r in told} == {4}
    assert found["answer"]["code"] == "site.check.mixed" and found["gains"] == [0.0, 0.0]


def test_words_for_people(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--set", "look_augmentation=stain", "--hold-out", "tag:B"]
    assert main(["site-check", str(folder), *arguments, *TINY]) == 0
    out, err = capsys.readouterr()
    assert "held out: tag:B, 8 images" in out
    assert "r0001 and r0002 on test, the held-out site tag:B" in out
    assert "both give the same answers on all 8 images" in out
    assert "run 2 of 2: with look_augmentation=stain" in err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("--set", "look_augmentation=none", "--both", "look_augmentation=none"),
      "site.check_nothing"),
     (("--set", "seed=3"), "site.check_seed"), (("--seeds", "0"), "site.check_seeds"),
     (("--set", "look_augmentation=moon"), "recipe."), (("--seed", "abc"), "recipe.value")],
)  # fmt: skip
def test_what_cannot_be_trained_changes_nothing(
    check: Any, folder: Path, arguments: tuple[str, ...], code: str
) -> None:
    status, found = check(*arguments)
    assert status == 2 and found["error"]["code"].startswith(code)
    assert splits(folder) == {None} and recipes(folder) == []


def test_an_unknown_site_trains_nothing(check: Any, folder: Path) -> None:
    status, found = check(site="tag:Z")
    assert status == 2 and found["error"]["code"] == "site.unknown"
    assert recipes(folder) == []


@pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")
def test_an_interrupt_ends_the_check_and_keeps_what_was_trained(
    check: Any, folder: Path, monkeypatch: Any
) -> None:
    monkeypatch.setenv("TLSTUDIO_FAKE_ACT", "wait")

    plain = signal.getsignal(signal.SIGINT)

    def interrupt() -> None:
        limit = time.monotonic() + 50
        while time.monotonic() < limit:
            heard = signal.getsignal(signal.SIGINT) is not plain
            if heard and list((folder / "runs").glob("*/best.json")):
                os.kill(os.getpid(), signal.SIGINT)
                return
            time.sleep(0.05)

    thread = threading.Thread(target=interrupt)
    thread.start()
    status, found = check()
    thread.join()
    assert status == 2 and found["error"]["code"] == "site.check_stopped"
    assert "r0001" in found["error"]["message"]
    assert len(recipes(folder)) == 1
