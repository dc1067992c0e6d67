"""The house keeps its rules: charters, import contracts, sizes of files."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "tlstudio"
ROOMS = sorted(file.parent for file in PACKAGE.glob("*/__init__.py"))
LONGEST = 400


def contracts(folder: Path) -> subprocess.CompletedProcess[str]:
    code = "from importlinter.cli import lint_imports_command as c; c()"
    command = [sys.executable, "-c", code, "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_a_room_has_a_charter(room: Path) -> None:
    charter = ast.get_docstring(ast.parse((room / "__init__.py").read_text("utf-8"))) or ""
    for part in ("Duty:", "May import:", "Never:"):
        assert part in charter, f"the charter of {room.name} lacks {part!r}"


def test_imports_only_look_downwards() -> None:
    done = contracts(ROOT)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


@pytest.mark.parametrize(
    ("room", "statement", "contract"),
    [
        ("domain", "import tlstudio.storage", "Rooms only look downwards"),
        ("ml", "import tlstudio.storage", "The learning room never reaches storage or jobs"),
        ("cli", "import tlstudio.storage", "Window and command line go through services"),
        ("services", "import PySide6", "No Qt outside ui"),
        ("services", "import sqlite3", "No SQL outside storage"),
        ("ui", "import torch", "No torch family outside ml and worker"),
        ("services", "import ultralytics", "No torch family outside ml and worker"),
        ("services", "import cv2", "OpenCV comes in through one door"),
        ("imaging", "import cv2", "OpenCV comes in through one door"),
        ("ui", "import shapely", "No Shapely outside imaging"),
        ("cellar", "", "Rooms only look downwards"),
    ],
)
def test_a_planted_violation_is_found(
    room: str, statement: str, contract: str, tmp_path: Path
) -> None:
    """A house of empty rooms under our contracts, with one thing wrong."""
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    for name in {*(room.name for room in ROOMS), room}:
        (tmp_path / "tlstudio" / name).mkdir(parents=True)
        (tmp_path / "tlstudio" / name / "__init__.py").write_text("")
    (tmp_path / "tlstudio" / "__init__.py").write_text("")
    (tmp_path / "tlstudio" / "__main__.py").write_text("")
    (tmp_path / "tlstudio" / room / "wrong.py").write_text(statement)
    done = contracts(tmp_path)
    assert done.returncode == 1, done.stdout
    assert contract in done.stdout + done.stderr


def test_no_file_is_too_long_to_be_one_idea() -> None:
    lengths = {
        str(file.relative_to(ROOT)): len(file.read_text("utf-8").splitlines())
        for file in PACKAGE.rglob("*.py")
    }
    assert not {name: lines for name, lines in lengths.items() if lines > LONGEST}
