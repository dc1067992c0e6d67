"""What the program's own processes load: never torch, and little before the window is there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TORCH_FAMILY = (
    "torch",
    "torchvision",
    "timm",
    "onnxruntime",
    "onnx",
    "sklearn",
    "lightning_fabric",
    "ultralytics",
)

COMMAND_LINE = """
import contextlib, io, json, sys
from tlstudio.cli.main import main
said = io.StringIO()
with contextlib.redirect_stdout(said):
    status = [main(words) for words in json.loads(sys.argv[1])]
print(json.dumps({"status": status, "modules": sorted(sys.modules)}))
"""

WINDOW = """
import json, sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from tlstudio.ui.app import main

seen = {}

def look():
    shown = [w for w in QApplication.topLevelWidgets() if w.isVisible() and w.isWindow()]
    if not shown:
        QTimer.singleShot(50, look)
        return
    # The window has been visible for a while: what it loads late is loaded by now.
    QTimer.singleShot(1500, leave)

def leave():
    seen["windows"] = [w.objectName() for w in QApplication.topLevelWidgets() if w.isVisible()]
    seen["modules"] = sorted(sys.modules)
    QApplication.quit()

QTimer.singleShot(0, look)
status = main(json.loads(sys.argv[1]))
print(json.dumps({"status": status, **seen}))
"""


def loaded(code: str, arguments: list[object], home: Path) -> dict[str, object]:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "TLSTUDIO_HOME": str(home)}
    command = [sys.executable, "-c", code, json.dumps(arguments)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env=environment, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    answer: dict[str, object] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def family(modules: object) -> list[str]:
    assert isinstance(modules, list)
    return [name for name in modules if name.partition(".")[0] in TORCH_FAMILY]


def test_torch_never_loads_on_the_command_line(tmp_path: Path, tl_home: Path) -> None:
    project = str(tmp_path / "cells.tlproj")
    verbs = [
        ["new", project, "--labels", "round,bars", "--json"],
        ["info", project, "--json"],
        ["models", "--json"],
        ["recipe", "--task", "classification", "--json"],
        ["weights", "list", "--json"],
        ["runs", project, "--json"],
        ["duplicates", project, "--json"],
        ["train", project, "--model", "resnet18", "--json"],
        ["doctor", "--json"],
    ]
    answer = loaded(COMMAND_LINE, verbs, tl_home)
    assert answer["status"][:7] == [0] * 7  # type: ignore[index]
    assert not family(answer["modules"])
    assert "PySide6.QtWidgets" not in answer["modules"]  # type: ignore[operator]


def test_torch_never_loads_in_the_window(tmp_path: Path, tl_home: Path) -> None:
    from tlstudio.services.projects import create_project

    create_project(tmp_path / "cells.tlproj", labels=("round", "bars")).close()
    answer = loaded(WINDOW, [str(tmp_path / "cells.tlproj")], tl_home)
    assert answer["windows"]
    assert not family(answer["modules"])


@pytest.mark.parametrize("word", ["--version", "--help"])
def test_the_entry_loads_nothing_heavy(word: str, tl_home: Path) -> None:
    code = (
        "import sys; from tlstudio.__main__ import main; sys.argv = ['tlstudio', %r]\n"
        "status = main()\n"
        "print(status, sorted({'numpy', 'PIL', 'PySide6', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code % word], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip().splitlines()[-1] == "0 []"


def test_qt_keeps_its_references_to_none() -> None:
    """PySide6 6.12.0 on Python 3.11 dies after some 5,000 calls that return nothing."""
    code = (
        "from PySide6.QtCore import QObject\n"
        "thing = QObject()\n"
        "for _ in range(20_000):\n"
        "    thing.setObjectName('x')\n"
        "print('alive')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "alive"), done.stderr[-500:]
