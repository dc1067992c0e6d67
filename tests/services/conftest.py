"""Projects with pictures, and a worker that only pretends to learn."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tlstudio.services.datasets import import_source
from tlstudio.services.projects import Project, create_project

FAKE = Path(__file__).parents[1] / "jobs" / "fake_worker.py"


@pytest.fixture
def pretend(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """`pretend("finish")`: workers started from here on do that and learn nothing."""

    def choose(act: str) -> None:
        monkeypatch.setenv("TLSTUDIO_FAKE_ACT", act)
        monkeypatch.setattr(
            "tlstudio.jobs.supervisor.worker_command",
            lambda job: [sys.executable, str(FAKE), str(job)],
        )

    choose("finish")
    return choose


@pytest.fixture
def pictures(tmp_path: Path, class_folder: Callable[..., Path]) -> Iterator[Callable[..., Project]]:
    """`pictures({"bars": 8, "dots": 8})` -> an open project with that many labelled images."""
    opened: list[Project] = []

    def make(counts: dict[str, int], name: str = "p", **options: Any) -> Project:
        folder = class_folder(counts, size=16, name=f"{name}-images")
        project = create_project(tmp_path / f"{name}.tlproj")
        opened.append(project)
        import_source(project, folder)
        return project

    yield make
    for project in opened:
        project.close()


@pytest.fixture
def until() -> Callable[..., Any]:
    """`until(look)`: what it finds, once it finds something true."""

    def wait(look: Callable[[], Any], seconds: float = 60) -> Any:
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            found = look()
            if found:
                return found
            time.sleep(0.02)
        raise AssertionError(f"not seen within {seconds} s")

    return wait
