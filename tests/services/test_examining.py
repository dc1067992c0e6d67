"""Small files read by processes of our own: the same answers, in order, whatever dies."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from tlstudio.domain.errors import Cancelled, UserError
from tlstudio.domain.progress import Cancel
from tlstudio.formats import sources
from tlstudio.imaging.examiner import packed, unpacked
from tlstudio.imaging.facts import Seen, examine
from tlstudio.services import _examining
from tlstudio.services._examining import ReadAhead, Result, told_apart
from tlstudio.services.datasets import import_source
from tlstudio.services.projects import create_project, project_info

Children = Callable[[], list[psutil.Process]]


@pytest.fixture
def files(class_folder: Callable[..., Path]) -> list[Path]:
    folder = class_folder({"bars": 30, "dots": 30}, size=16)
    broken = folder / "bars" / "a broken one.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    return sorted(folder.rglob("*.png"))


@pytest.fixture
def children() -> Children:
    """`children()`: the processes begun since the test began that still run."""
    before = set(psutil.Process().children())
    return lambda: [child for child in psutil.Process().children() if child not in before]


def alike(one: object, other: object) -> bool:
    if isinstance(one, UserError) and isinstance(other, UserError):
        return (one.code, one.file, one.params) == (other.code, other.file, other.params)
    return one == other


def examined(path: Path) -> Seen | UserError:
    try:
        return examine(path)
    except UserError as error:
        return error


def read_ahead(files: list[Path], begun: list[Path] | None = None) -> list[Result]:
    with ReadAhead(2) as ahead:
        if begun is not None:
            ahead.begin(begun)
        return list(ahead.results(files))


def test_the_answers_are_those_of_reading_here(files: list[Path], children: Children) -> None:
    here = [examined(path) for path in files]
    assert sum(isinstance(result, UserError) for result in here) == 1
    there = read_ahead(files)
    assert len(there) == len(here)
    assert all(alike(a, b) for a, b in zip(here, there, strict=True))
    assert all(alike(a, b) for a, b in zip(here, unpacked(packed(here)), strict=True))
    assert not children()


@pytest.mark.parametrize("room", [0, 5000, 2**30])
def test_what_is_begun_may_be_more_or_less_than_what_is_wanted(
    files: list[Path], room: int, children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_examining, "_MOST_HELD", room)
    monkeypatch.setattr(_examining, "_AT_ONCE", 7)
    monkeypatch.setattr(_examining, "_AHEAD", 2)
    wanted = [*files[50:], files[3], *files[10:20], files[3]][::-1]
    here = [examined(path) for path in wanted]
    for begun in (files, files[:30], files[::-1], [*files[:5], *files[:5]]):
        there = read_ahead(wanted, begun)
        assert all(alike(a, b) for a, b in zip(here, there, strict=True))
    assert not children()


def test_answers_that_nobody_asks_for_are_not_heaped_up(
    files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_examining, "_MOST_HELD", 3000)
    monkeypatch.setattr(_examining, "_AT_ONCE", 2)
    monkeypatch.setattr(_examining, "_AHEAD", 2)
    with ReadAhead(1) as ahead:
        ahead.begin(files)
        until(lambda: ahead.held >= 3000)
        time.sleep(0.2)
        assert 3000 <= ahead.held < 20_000
        assert len(list(ahead.results(files[-4:]))) == 4
        assert ahead.held == 0


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_pictures_are_read_while_their_annotations_are_taken_apart(
    files: list[Path], tmp_path: Path, children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(_examining, "_MANY", 2)
    held = []
    plain = sources.read_annotations

    def watched(*args: Any, **more: Any) -> Any:
        held.append(len(children()))
        return plain(*args, **more)

    monkeypatch.setattr(sources, "read_annotations", watched)
    with create_project(tmp_path / "project") as project:
        report = import_source(project, files[0].parents[1])
    assert held == [2]
    assert report.images_added == 60
    assert not children()


def test_an_error_is_raised_again(tmp_path: Path) -> None:
    missing = tmp_path / "none.png"
    with ReadAhead(1) as ahead:
        with pytest.raises(UserError) as caught:
            told_apart(ahead.results([missing]), missing)
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
    files: list[Path], command: list[str], children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_examining, "worker_command", lambda _job: command)
    there = read_ahead(files)
    assert all(alike(examined(path), found) for path, found in zip(files, there, strict=True))
    assert not children()


def test_what_goes_wrong_here_is_heard_of(
    files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(paths: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(_examining, "worker_command", lambda _job: ["/nowhere/at all"])
    monkeypatch.setattr(_examining, "examine_several", broken)
    with pytest.raises(ZeroDivisionError):
        read_ahead(files)


def test_a_cancel_ends_the_processes(files: list[Path], children: Children) -> None:
    cancel = Cancel()
    with ReadAhead(2) as ahead:
        results = ahead.results(files, cancel)
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
        monkeypatch.setattr(_examining, "_MANY", many)
        with create_project(tmp_path / name) as project:
            report = import_source(project, files[0].parents[1])
            again = import_source(project, files[0].parents[1])
            info = project_info(project)
        found.append((report.to_json(), again.to_json(), {**info, "name": ""}))
    assert found[0] == found[1]
    assert found[0][0]["images_added"] == 60
