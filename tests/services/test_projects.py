"""Projects as the window and the command line use them."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import ImageState, Split
from tlstudio.domain.tasks import Task
from tlstudio.services import labelling, logs, projects
from tlstudio.storage.project import Project

Make = Callable[..., Project]


def test_the_folder_gets_its_ending_and_the_project_its_labels(tmp_path: Path) -> None:
    with projects.create_project(tmp_path / "cells", labels=["a", "b"], task="detection") as made:
        assert made.folder == tmp_path / "cells.tlproj"
        assert made.name == "cells"
        assert [label.name for label in labelling.list_labels(made)] == ["a", "b"]
        assert projects.undo(made) is None
    with projects.open_project(tmp_path / "cells") as opened:
        assert (opened.folder, opened.task) == (made.folder, "detection")


@pytest.mark.parametrize("labels", [["a", "a "], ["a", ""]])
def test_impossible_labels_make_no_project(tmp_path: Path, labels: list[str]) -> None:
    with pytest.raises(UserError):
        projects.create_project(tmp_path / "x", labels=labels)
    assert list(tmp_path.iterdir()) == []


def test_info_counts_what_there_is(project_of: Make) -> None:
    project = project_of(4, ["cat", "dog"])
    labelling.assign_label(project, [1, 2], 1)
    labelling.set_split(project, [1], Split.TRAIN)
    labelling.set_group(project, [1, 2, 3], "g")
    labelling.set_state(project, [4], ImageState.REVIEWED)
    info = projects.project_info(project)
    assert {key: info[key] for key in ("task", "images", "annotations", "runs", "missing")} == {
        "task": "classification",
        "images": 4,
        "annotations": 2,
        "runs": 0,
        "missing": 0,
    }
    assert info["kinds"] == {"image_label": 2}
    assert info["labels"] == {"cat": 2, "dog": 0}
    assert info["states"] == {"labelled": 2, "reviewed": 1, "unlabelled": 1}
    assert info["splits"] == {"none": 3, "train": 1}
    assert info["groups"] == {"g": 3}


def test_undo_and_redo_say_what_they_would_do(project_of: Make) -> None:
    project = project_of(1, ["a"])
    assert (projects.undo_code(project), projects.redo_code(project)) == (None, None)
    labelling.assign_label(project, [1], 1)
    assert projects.undo_code(project) == "undo.assign_label"
    changes = projects.undo(project)
    assert changes is not None
    assert (changes.images, changes.undo_code) == ({1}, "undo.assign_label")
    assert (projects.undo_code(project), projects.redo_code(project)) == (
        None,
        "undo.assign_label",
    )
    assert projects.redo(project) is not None
    assert projects.redo(project) is None


def test_recent_projects_are_listed_newest_first(project_of: Make) -> None:
    first, second = project_of(name="first"), project_of(name="second")
    assert [item.name for item in projects.recent_projects()] == ["second", "first"]
    first.close()
    projects.open_project(first.folder).close()
    assert [item.name for item in projects.recent_projects()] == ["first", "second"]
    shutil.rmtree(first.folder)
    assert [item.exists for item in projects.recent_projects()] == [False, True]
    projects.forget_recent(first.folder)
    assert [item.folder for item in projects.recent_projects()] == [second.folder]


def test_a_list_of_recent_projects_that_others_spoiled_is_no_fault() -> None:
    projects.set_setting("recent", [1, {"folder": 2}, {"folder": "/x"}])
    assert projects.recent_projects() == []
    projects.set_setting("recent", "x")
    assert projects.recent_projects() == []


def test_names_and_tasks_are_kept(project_of: Make) -> None:
    project = project_of()
    projects.rename_project(project, " Cells of the retina ")
    projects.set_project_task(project, Task.SEGMENTATION)
    project.close()
    with projects.open_project(project.folder) as again:
        assert (again.name, again.task) == ("Cells of the retina", "segmentation")
        with pytest.raises(UserError):
            projects.rename_project(again, "  ")


def test_backups_are_made_listed_and_restored(project_of: Make) -> None:
    project = project_of(1, ["a"])
    backup = projects.back_up_now(project)
    labelling.delete_labels(project, [1])
    project.close()
    assert projects.list_backups(project.folder) == [backup]
    projects.restore_backup(project.folder, backup.path)
    with projects.open_project(project.folder) as again:
        assert [label.name for label in labelling.list_labels(again)] == ["a"]
    replaced, _ = projects.list_backups(project.folder)
    assert replaced.reason == "restore"
    projects.restore_backup(project.folder, replaced.path)
    with projects.open_project(project.folder) as again:
        assert labelling.list_labels(again) == []


def test_settings_have_defaults_and_can_be_forgotten() -> None:
    assert projects.setting("theme", "light") == "light"
    projects.set_setting("theme", "dark")
    assert projects.setting("theme", "light") == "dark"
    projects.set_setting("theme", None)
    assert projects.setting("theme") is None


def test_the_author_can_be_set(project_of: Make) -> None:
    projects.set_setting("author", "Ada")
    project = project_of(0, ["a"])
    with project.read() as db:
        assert db.value("SELECT created_by FROM labels") == "Ada"


@pytest.fixture
def log() -> Iterator[Path]:
    yield projects.start_logging()
    logs.stop_logging()


def test_faults_reach_the_log_file(log: Path) -> None:
    assert projects.start_logging() == log == projects.log_file()
    logging.getLogger("tlstudio.test").warning("something odd")
    assert log.read_text(encoding="utf-8").count("something odd") == 1
