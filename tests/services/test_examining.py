"""Small files read by processes of our own: the same answers, in order, whatever dies."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import psutil
import pytest

from tlstudio.domain.errors import Cancelled, UserError
from tlstudio.domain.progress import Cancel
from tlstudio.imaging.examiner import packed, unpacked
from tlstudio.imaging.facts import Seen, examine
from tlstudio.services import _examining, _staging
from tlstudio.services._examining import examined_ahead, told_apart
from tlstudio.services.datasets import import_source
from tlstudio.services.projects import create_project, project_info


@pytest.fixture
def files(class_folder: Callable[..., Path]) -> list[Path]:
    folder = class_folder({"bars": 30, "dots": 30}, size=16)
    broken = folder / "bars" / "a broken one.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    return sorted(folder.rglob("*.png"))


def alike(one: object, other: object) -> bool:
    if isinstance(one, UserError) and isinstance(other, UserError):
        return (one.code, one.file, one.params) == (other.code, other.file, other.params)
    return one == other


def examined(path: Path) -> Seen | UserError:
    try:
        return examine(path)
    except UserError as error:
        return error


def children() -> list[psutil.Process]:
    return psutil.Process().children()


def test_the_answers_are_those_of_reading_here(files: list[Path]) -> None:
    here = [examined(path) for path in files]
    assert sum(isinstance(result, UserError) for result in here) == 1
    with contextlib.closing(examined_ahead(files, 2)) as results:
        there = list(results)
    assert len(there) == len(here)
    assert all(alike(a, b) for a, b in zip(here, there, strict=True))
    assert all(alike(a, b) for a, b in zip(here, unpacked(BytesIO(packed(here))), strict=True))
    assert not children()


def test_an_error_is_raised_again(tmp_path: Path) -> None:
    missing = tmp_path / "none.png"
    with contextlib.closing(examined_ahead([missing], 1)) as results:
        with pytest.raises(UserError) as caught:
            told_apart(results, missing)
        with pytest.raises(UserError) as plain:
            examine(missing)
    assert alike(caught.value, plain.value)


@pytest.mark.parametrize(
    "command",
    [
        ["/nowhere/at all"],
        [sys.executable, "-c", "pass"],
        [sys.executable, "-c", "input(); print('no answer')"],
        [sys.executable, "-c", "input(); print('[]')"],
        [sys.executable, "-c", "input(); print('[[9, 1]]')"],
    ],
)
def test_a_process_that_dies_costs_no_file(
    files: list[Path], command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_examining, "worker_command", lambda _job: command)
    with contextlib.closing(examined_ahead(files, 2)) as results:
        there = list(results)
    assert all(alike(examined(path), found) for path, found in zip(files, there, strict=True))
    assert not children()


def test_a_cancel_ends_the_processes(files: list[Path]) -> None:
    cancel = Cancel()
    with contextlib.closing(examined_ahead(files * 20, 2, cancel)) as results:
        next(results)
        assert children()
        cancel.set()
        with pytest.raises(Cancelled):
            list(results)
    assert not children()


def test_many_small_files_come_in_as_few_do(
    files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    found = []
    for name, many in (("few", 10**9), ("many", 2)):
        monkeypatch.setattr(_staging, "_MANY", many)
        with create_project(tmp_path / name) as project:
            report = import_source(project, files[0].parents[1])
            again = import_source(project, files[0].parents[1])
            info = project_info(project)
        found.append((report.to_json(), again.to_json(), {**info, "name": ""}))
    assert found[0] == found[1]
    assert found[0][0]["images_added"] == 60
