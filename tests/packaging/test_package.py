"""`pip install .` gives the command, with its resources and its licence."""

from __future__ import annotations

import email
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation"]
    command += ["--no-index", "--quiet", "-w", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (file,) = folder.glob("*.whl")
    return zipfile.Path(file)


def info(wheel: zipfile.Path, name: str) -> str:
    (folder,) = (entry for entry in wheel.iterdir() if entry.name.endswith(".dist-info"))
    return (folder / name).read_text("utf-8")


def test_the_wheel_gives_the_command(wheel: zipfile.Path) -> None:
    assert "tlstudio = tlstudio.__main__:main" in info(wheel, "entry_points.txt")


def test_the_wheel_carries_its_licence(wheel: zipfile.Path) -> None:
    facts = email.message_from_string(info(wheel, "METADATA"))
    assert facts["License-Expression"] == "AGPL-3.0-or-later"
    assert info(wheel, "licenses/LICENSE") == (ROOT / "LICENSE").read_text("utf-8")


def test_the_wheel_carries_every_resource_and_table(wheel: zipfile.Path) -> None:
    names = set(wheel.root.namelist())
    resources = [file for file in (ROOT / "resources").rglob("*") if file.is_file()]
    assert resources
    for file in resources:
        assert f"tlstudio/_resources/{file.relative_to(ROOT / 'resources').as_posix()}" in names
    for file in (ROOT / "tlstudio").rglob("*"):
        if file.is_file() and "__pycache__" not in file.parts:
            assert file.relative_to(ROOT).as_posix() in names


def test_the_wheel_runs_from_where_it_is_unpacked(wheel: zipfile.Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(str(wheel.root.filename)) as whole:
        whole.extractall(tmp_path)
    code = (
        "import tlstudio, tlstudio.ui.places as places\n"
        "print(tlstudio.__file__, (places.resources() / 'icons' / 'app.png').is_file())"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(tmp_path / "tlstudio" / "__init__.py"), "True"]


def test_every_direct_dependency_is_pinned() -> None:
    import re
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    pins = (ROOT / "packaging" / "constraints.txt").read_text("utf-8")
    pinned = {line.partition("==")[0] for line in pins.splitlines() if "==" in line}
    names = {
        re.split(r"[<>=!;\[ ]", text, maxsplit=1)[0].lower().replace("_", "-") for text in asked
    }
    assert names <= pinned


def test_pins_name_no_place() -> None:
    pins = (ROOT / "packaging" / "constraints.txt").read_text("utf-8")
    assert not [word for word in ("://", "index-url", "find-links", "file:") if word in pins]
