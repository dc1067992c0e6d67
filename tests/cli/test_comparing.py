"""The verb compare, on two runs whose models say what the test tells them to say."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tlstudio.cli.comparing import _seen
from tlstudio.cli.main import main
from tlstudio.domain.images import Split
from tlstudio.domain.tasks import Task
from tlstudio.services import labelling
from tlstudio.services.projects import Project

sys.path.append(str(Path(__file__).parents[1] / "services"))
from shapes_story import divide, finished_run, teller

FAKE = Path(__file__).parents[1] / "jobs" / "fake_worker.py"


@pytest.fixture
def compared(
    project_of: Callable[..., Project],
    tmp_path: Path,
    monkeypatch: Any,
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., Any]:
    """`compared("r0001", "r0002", "--json")` -> (status, stdout, stderr); the model of r0001 is
    wrong on 12 of 30 test images, that of r0002 on none; a third of them are of site B."""
    monkeypatch.setattr(
        "tlstudio.jobs.supervisor.worker_command",
        lambda job: [sys.executable, str(FAKE), str(job)],
    )
    monkeypatch.setenv("TLSTUDIO_FAKE_ACT", "finish")
    project = project_of(36, labels=("a", "b"))
    labelling.assign_label(project, list(range(1, 36)), labelling.label_named(project, "a").id)
    labelling.assign_label(project, [36], labelling.label_named(project, "b").id)
    test = range(1, 31)
    divide(project, {Split.TEST: test, Split.TRAIN: range(31, 34), Split.VAL: [34, 35]})
    divide(project, {Split.TRAIN: [36]})
    labelling.set_tags(project, list(range(1, 11)), add=["B"])
    runs = [finished_run(project, Task.CLASSIFICATION) for _ in range(2)]
    say = teller(tmp_path, monkeypatch)
    folder = str(project.folder)
    for run, wrong in zip(runs, (12, 0), strict=True):
        for where in ((), ("--where", "tag:B")):
            say({n: {"probabilities": [0.2, 0.8] if n <= wrong else [0.9, 0.1]} for n in test})
            assert main(["evaluate", folder, run, *where, "--json"]) == 0
    project.close()
    capsys.readouterr()

    def call(*arguments: str) -> tuple[int, str, str]:
        status = main(["compare", folder, *arguments])
        return status, *capsys.readouterr()

    return call


def test_json_has_what_is_promised(compared: Callable[..., Any]) -> None:
    status, out, _err = compared("r0001", "latest", "--json")
    found = json.loads(out)
    assert status == 0
    assert set(found) == {
        "first", "second", "task", "split", "where", "held_out", "images", "groups",
        "groups_differing", "headline", "answer", "meaning", "better", "overall", "per_label",
        "settings", "differing", "leaks", "warnings",
    }  # fmt: skip
    assert (found["better"], found["images"], len(found["differing"])) == ("second", 30, 12)
    assert found["overall"]["accuracy"]["difference"] == pytest.approx(0.4)
    assert found["answer"]["message"].startswith("the second, r0002, is better: +0.4")


def test_words_for_people(compared: Callable[..., Any]) -> None:
    status, out, _err = compared("r0001", "r0002", "--where", "tag:B")
    assert status == 0
    assert "r0001 and r0002 on test, tag:B" in out
    assert "is better" in out and "on 10 images of 10 groups" in out
    assert "they differ on 10 images: r0002 is better on 10, r0001 on 0" in out


def test_refusals_are_mendable(compared: Callable[..., Any]) -> None:
    for arguments, code in (
        (("r0001", "r0001"), "compare.same_run"),
        (("r0001", "r0009"), "project.no_run"),
        (("r0001", "r0002", "--where", "tag:Z"), "site.unknown"),
    ):
        status, out, _err = compared(*arguments, "--json")
        assert status == 2 and json.loads(out)["error"]["code"] == code


def test_one_error_is_told_in_the_singular() -> None:
    assert [_seen({"errors": n}) for n in (0, 1, 2)] == ["0 errors", "1 error", "2 errors"]
