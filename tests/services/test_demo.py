"""The sample project is a real project; the demo goes the whole way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tlstudio.domain.errors import Cancelled, UserError
from tlstudio.domain.events import EpochEnded, Event, Progressed, Remark
from tlstudio.domain.images import ImageQuery
from tlstudio.domain.progress import Cancel
from tlstudio.imaging.synthetic import KINDS
from tlstudio.services import demo
from tlstudio.services.images import find_images, image_rows
from tlstudio.services.projects import project_info, recent_projects
from tlstudio.services.splitting import find_leaks


def test_the_sample_is_labelled_grouped_and_split_without_leaks(tmp_path: Path) -> None:
    with demo.make_sample_project(tmp_path / "cells", count=80) as project:
        told = project_info(project)
        assert project.folder == tmp_path / "cells.tlproj"
        assert (told["images"], len(told["groups"])) == (80, 20)
        assert told["labels"] == dict.fromkeys(KINDS, 20)
        assert set(told["splits"]) >= {"train", "val", "test"}
        assert find_leaks(project) == []
        rows = image_rows(project, find_images(project, ImageQuery()))
        splits: dict[str | None, set[object]] = {}
        for row in rows:
            splits.setdefault(row.group, set()).add(row.split)
        assert all(len(found) == 1 for found in splits.values())


def test_test_slides_are_enough_for_intervals() -> None:
    """100 groups: below that no interval over groups is claimed."""
    assert demo.COUNT / 4 * demo.TEST >= 110


def test_calling_off_leaves_nothing(tmp_path: Path) -> None:
    cancel = Cancel()
    cancel.set()
    with pytest.raises(Cancelled):
        demo.make_sample_project(tmp_path / "cells", count=20, cancel=cancel)
    assert list(tmp_path.iterdir()) == []
    assert recent_projects() == []


def test_what_lies_there_already_stays(tmp_path: Path) -> None:
    work = tmp_path / "mine.tlproj" / "thesis.txt"
    work.parent.mkdir()
    work.write_text("years")
    with pytest.raises(UserError) as caught:
        demo.run_demo(work.parent)
    assert caught.value.code == "demo.exists"
    with pytest.raises(UserError) as caught:
        demo.make_sample_project(work.parent)
    assert caught.value.code == "project.not_empty"
    assert work.read_text() == "years"


@pytest.mark.slow
def test_the_whole_way(tmp_path: Path) -> None:
    events: list[Event] = []
    report = demo.run_demo(
        None,
        events.append,
        count=160,
        settings={"image_size": 32, "epochs": 2, "strategy": "full", "min_steps": 1},
    )
    found = report.to_json()
    json.dumps(found)
    assert {"project", "metrics", "bundle"} <= set(found)
    assert report.passed
    assert not report.pretrained
    assert (report.bundle / "model.onnx").is_file()
    assert report.bundle.parent == report.project.parent
    assert 0 <= (report.metrics["accuracy"] or -1) <= 1
    card = (report.bundle / "MODEL_CARD.md").read_text("utf-8")
    assert 'the split "test"' in card
    assert next(e.code for e in events if isinstance(e, Remark)) == "demo.scratch"
    assert sum(isinstance(e, EpochEnded) for e in events) == 2
    stages = {e.stage for e in events if isinstance(e, Progressed)}
    assert {"demo.drawing", "bundle.checking"} <= stages
    assert set(report.seconds) == {"data", "training", "evaluation", "export"}
