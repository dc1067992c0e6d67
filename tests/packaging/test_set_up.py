"""The private environment: made once, skipped when ready, mended when moved or broken."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


class Recorder:
    """Stands for the slow steps and remembers them."""

    def __init__(self) -> None:
        self.steps: list[str] = []


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "checkout" / ".venv"


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """Environments are made without pip, and pip's calls are only written down."""
    import set_up

    recorder = Recorder()

    def make(place: Path, fault: str) -> None:
        recorder.steps.append(f"make: {fault}")
        import shutil
        import venv

        shutil.rmtree(place, ignore_errors=True)
        venv.create(place, with_pip=False, symlinks=True)

    def pip(python: Path, arguments: list[str], wheels: Path | None) -> None:
        recorder.steps.append("pip " + " ".join(arguments))

    monkeypatch.setattr(set_up, "_make", make)
    monkeypatch.setattr(set_up, "_pip", pip)
    return recorder


def ready(place: Path, *extras: str) -> Path:
    import set_up

    python: Path = set_up.environment(extras=frozenset(extras), wheels=None, place=place)
    return python


def test_the_first_start_installs_and_the_second_skips(
    place: Path, slow: Recorder, capsys: pytest.CaptureFixture[str]
) -> None:
    python = ready(place)
    assert slow.steps[0] == "make: missing"
    assert slow.steps[-1].startswith("pip --no-build-isolation -e ")
    slow.steps.clear()
    capsys.readouterr()
    assert ready(place) == python
    assert slow.steps == []
    said = capsys.readouterr()
    assert "skipped: set-up" in said.err
    assert said.out == "", "stdout belongs to the program"


def test_the_tests_come_on_top_and_stay(place: Path, slow: Recorder) -> None:
    ready(place)
    slow.steps.clear()
    ready(place, "test")
    assert [step for step in slow.steps if "[test]" in step]
    slow.steps.clear()
    ready(place)
    ready(place, "test")
    assert slow.steps == []


def test_new_pins_install_again_and_keep_the_extras(
    place: Path, slow: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    import set_up

    ready(place, "test")
    slow.steps.clear()
    monkeypatch.setattr(set_up, "fingerprint", lambda: "other pins")
    ready(place)
    assert not [step for step in slow.steps if step.startswith("make")]
    assert slow.steps[-1].endswith("[test]")


def test_an_interrupted_set_up_is_taken_up_again(
    place: Path, slow: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    import set_up

    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(set_up, "_pip", cut)
        with pytest.raises(KeyboardInterrupt):
            ready(place)
    slow.steps.clear()
    ready(place)
    assert slow.steps[-1].startswith("pip ")


def test_a_moved_checkout_is_repaired_without_a_network(
    place: Path, slow: Recorder, tmp_path: Path
) -> None:
    ready(place)
    slow.steps.clear()
    moved = tmp_path / "elsewhere"
    place.parent.rename(moved)
    ready(moved / ".venv")
    assert len(slow.steps) == 1
    assert "--no-index" in slow.steps[0]
    slow.steps.clear()
    ready(moved / ".venv")
    assert slow.steps == []


def test_an_environment_whose_python_is_gone_is_made_again(place: Path, slow: Recorder) -> None:
    import set_up

    python = ready(place)
    slow.steps.clear()
    python.unlink()
    python.symlink_to("/nowhere/python3")
    ready(place)
    assert slow.steps[0] == "make: its Python does not start any more"
    assert set_up.version_of(python) == VERSION


def test_an_environment_under_another_python_than_its_packages_is_made_again(
    place: Path, slow: Recorder
) -> None:
    python = ready(place)
    assert python.exists()
    config = place / "pyvenv.cfg"
    other = "3.11" if VERSION != "3.11" else "3.12"
    config.write_text(config.read_text().replace(f"version = {VERSION}", f"version = {other}"))
    slow.steps.clear()
    ready(place)
    assert slow.steps[0] == f"make: it was made for Python {other}, which is {VERSION} by now"


def test_settings_of_the_linters_do_not_install_anything(tmp_path: Path) -> None:
    import set_up

    def copy(change: tuple[str, str]) -> str:
        (tmp_path / "packaging").mkdir(exist_ok=True)
        for name in ("pyproject.toml", "packaging/constraints.txt"):
            text = (set_up.ROOT / name).read_text("utf-8").replace(*change)
            (tmp_path / name).write_text(text, "utf-8")
        return str(set_up.fingerprint(tmp_path))

    plain = copy(("line-length = 100", "line-length = 100"))
    assert copy(("line-length = 100", "line-length = 90")) == plain
    assert copy(("torch==", "torch==99.")) != plain
    assert copy(('"numpy>=2"', '"numpy>=3"')) != plain


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("NewConnectionError: ... Temporary failure in name resolution", "--wheels WHEELS"),
        ("ERROR: No matching distribution found for numpy>=2", "HTTPS_PROXY"),
        ("error: something nobody has seen", "its words are above"),
    ],
)
def test_the_way_out_fits_what_pip_said(said: str, words: str) -> None:
    import set_up

    assert words in set_up.explain(said, None)
    assert "\n" not in set_up.explain(said, None)


@pytest.mark.parametrize(
    "said",
    [
        "ERROR: No matching distribution found for timm==1.0.31\n",
        "ERROR: Cannot install timm==1.0.31 because these package versions have conflicting",
    ],
)
def test_a_missing_wheel_is_named(said: str, tmp_path: Path) -> None:
    import set_up

    assert f"{tmp_path} holds no fitting wheel of timm==1.0.31" in set_up.explain(said, tmp_path)


def test_wheels_must_be_a_folder(tmp_path: Path) -> None:
    import set_up

    assert set_up.take_wheels(["--wheels", str(tmp_path), "demo"]) == (tmp_path, ["demo"])
    assert set_up.take_wheels(["demo", "--json"]) == (None, ["demo", "--json"])
    with pytest.raises(set_up.Trouble):
        set_up.take_wheels(["--wheels", str(tmp_path / "none")])


@pytest.mark.parametrize("script", ["run.py", "test.py"])
def test_help_needs_no_set_up(script: str, scripts: Path) -> None:
    command = [sys.executable, str(scripts / script), "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert f"python3 packaging/{script}" in done.stdout


def test_another_python_is_told_what_to_type() -> None:
    from old_python import refusal

    there = refusal((3, 10), which=lambda name: name == "python3.12")
    assert "this is 3.10" in there
    assert "python3.12" in there
    assert "install one of them" in refusal((3, 14), which=lambda name: None)


def test_scripts_parse_on_older_pythons_up_to_the_refusal(scripts: Path) -> None:
    """Python 3.8 must reach the plain words, not a syntax error."""
    import ast

    for name in ("run.py", "test.py", "old_python.py"):
        ast.parse((scripts / name).read_text("utf-8"), feature_version=(3, 8))
