"""A stylizer of the project in place of style images: at once, and on many pictures."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QPushButton

from tlstudio.domain.runs import Run, RunState
from tlstudio.domain.style_history import StylingEntry, StylingKind
from tlstudio.domain.tasks import Task


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """A stylizer r0002 beside a classifier r0001; the calls that reach the services."""
    from tests.ui.style.conftest import write_picture
    from tlstudio.services import restyling, style_images, training

    calls: list[tuple[Any, ...]] = []
    runs = [
        Run(
            id="r0001",
            task=Task.CLASSIFICATION,
            state=RunState.DONE,
            model="resnet18",
            created_at="",
        ),
        Run(
            id="r0002",
            task=Task.STYLE,
            state=RunState.DONE,
            model="fast-style:squeezenet1_1",
            created_at="",
        ),
    ]
    monkeypatch.setattr(training, "list_runs", lambda _project: runs)
    monkeypatch.setattr(style_images, "runs_with_styles", lambda _project: (runs, {}))
    monkeypatch.setattr(style_images, "style_of", lambda _project, _run: {})

    def apply(project: Any, run: str, content: Path, **named: Any) -> StylingEntry:
        calls.append(("apply", run, content.name, named))
        write_picture(project.folder / "styles" / "0001.png", (200, 0, 200), (80, 60))
        return StylingEntry(
            1, StylingKind.STYLIZER, str(content), sources=({"run": run},),
            result="styles/0001.png", width=80, height=60,
        )  # fmt: skip

    def many(project: Any, run: str, images: Any, out: Path, **_named: Any) -> Any:
        calls.append(("many", run, images, out))
        return restyling.RestyleReport(run, str(out), [])

    fake = SimpleNamespace(apply_stylizer=apply)
    monkeypatch.setitem(sys.modules, "tlstudio.services.style_applying", fake)
    monkeypatch.setattr(restyling, "restyle", many)
    return calls


def test_without_a_stylizer_the_way_to_one_is_shown(styling, pictures) -> None:
    styling.window.page("style").dropped([pictures["content"]])
    styling.click("style_way_stylizer")
    styling.settle()
    assert "Train a stylizer first" in styling.find("style_reason").text()
    styling.click("style_stylizer_train")
    assert styling.window.stack.current == "train"
    assert styling.find("train_task_style").isChecked()


def test_a_stylizer_is_applied_at_once(trained, styling, pictures) -> None:
    styling.window.page("style").dropped([pictures["content"]])
    styling.click("style_way_stylizer")
    styling.settle(lambda: styling.find("style_stylizer_run").count() == 1)
    styling.settle()
    assert not styling.tab._form.isVisible()
    fetch = styling.window.findChild(QPushButton, "style_network_fetch")
    assert not fetch.isVisible(), "a stylizer needs no other network"
    assert styling.find("style_start").text() == "Apply"
    styling.click("style_start")
    styling.settle(lambda: trained != [])
    assert trained[0][:3] == ("apply", "r0002", "town.png")
    compare = styling.find("style_compare")
    styling.settle(lambda: compare.after is not None)
    assert compare.after.pixelColor(5, 5) == QColor(200, 0, 200)
    styling.click("style_way_images")
    styling.settle()
    assert styling.tab._form.isVisible()


def test_it_is_applied_to_the_images_that_are_selected(trained, styling_images) -> None:
    driver = styling_images
    ids = driver.window.page("images").model.ids[:3]
    driver.context.go_to("style", tab="style", many=ids)
    driver.settle(lambda: driver.find("style_many").isVisible())
    driver.settle(lambda: "3 selected" in driver.find("restyle_which_selected").text())
    driver.click("restyle_start")
    driver.settle(lambda: trained != [])
    _, run, images, out = trained[0]
    assert run == "r0002" and len(images) == 3 and "r0002" in out.name
    driver.click("restyle_which_own")
    driver.click("restyle_start")
    driver.settle(lambda: len(trained) == 2)
    assert trained[1][2] is None
    driver.click("style_many_close")
    assert driver.find("style_empty_content").isVisible()
