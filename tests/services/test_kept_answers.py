"""Answers of a kept model that were given before, and images that could not be read then."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tlstudio.domain.runs import JobSpec
from tlstudio.services import _kept_models
from tlstudio.services._kept_models import BEST_WEIGHTS, Item, KeptModel, ask


class Pretended:
    """A worker that answers for every file that is there and counts what it was asked."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def __call__(self, spec: JobSpec, _progress: Any, _cancel: Any) -> dict[str, Any]:
        items = spec.params["items"]
        self.asked.append([item["key"] for item in items])
        there = [item for item in items if Path(item["path"]).is_file()]
        lines = (json.dumps({"key": item["key"], "probabilities": [1.0]}) for item in there)
        Path(spec.params["out"]).write_text("\n".join(lines), encoding="utf-8")
        gone = [item for item in items if item not in there]
        return {"skipped": [{"key": i["key"], "code": "data.file_missing"} for i in gone]}


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Pretended:
    made = Pretended()
    monkeypatch.setattr(_kept_models, "run_to_end", made)
    return made


@pytest.fixture
def kept(tmp_path: Path) -> KeptModel:
    class Run:
        id, task = "r0001", "classification"

    folder = tmp_path / "run"
    folder.mkdir()
    (folder / BEST_WEIGHTS).write_bytes(b"weights")
    return KeptModel(Run(), folder, (), {})  # type: ignore[arg-type]


@pytest.fixture
def project(tmp_path: Path) -> Any:
    class Project:
        folder = tmp_path

    return Project()


def items(folder: Path) -> list[Item]:
    return [Item(name, str(folder / f"{name}.png")) for name in "abc"]


def test_an_image_that_comes_back_is_asked_about_again_and_no_other(
    worker: Pretended, kept: KeptModel, project: Any, tmp_path: Path
) -> None:
    for name in "ab":
        (tmp_path / f"{name}.png").write_bytes(b"picture")
    first = ask(project, kept, items(tmp_path), keep=True)
    assert set(first.lines) == {"a", "b"}
    assert [each["key"] for each in first.skipped] == ["c"]
    again = ask(project, kept, items(tmp_path), keep=True)
    assert (again.lines, again.skipped) == (first.lines, first.skipped)
    assert worker.asked == [["a", "b", "c"]]

    (tmp_path / "c.png").write_bytes(b"picture")
    whole = ask(project, kept, items(tmp_path), keep=True)
    assert set(whole.lines) == {"a", "b", "c"} and not whole.skipped
    assert worker.asked[1:] == [["c"]]
    assert set(ask(project, kept, items(tmp_path), keep=True).lines) == {"a", "b", "c"}
    assert len(worker.asked) == 2


def test_a_file_that_stays_as_it_is_is_not_tried_each_time(
    worker: Pretended, kept: KeptModel, project: Any, tmp_path: Path
) -> None:
    for _ in range(3):
        assert len(ask(project, kept, items(tmp_path), keep=True).skipped) == 3
    assert len(worker.asked) == 1


def test_answers_kept_before_files_were_noted_are_tried_once(
    worker: Pretended, kept: KeptModel, project: Any, tmp_path: Path
) -> None:
    ask(project, kept, items(tmp_path), keep=True)
    (told,) = (kept.folder / "predictions").glob("*.json")
    old = json.loads(told.read_text())
    told.write_text(json.dumps({"skipped": old["skipped"]}))
    for _ in range(2):
        ask(project, kept, items(tmp_path), keep=True)
    assert len(worker.asked) == 2
