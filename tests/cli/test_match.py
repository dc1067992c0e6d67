"""The verb match, in this process."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tlstudio.cli.main import main

Call = Callable[..., Any]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Call:
    """`call("match", …)` in tmp_path -> (what --json gives, stderr)."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object, status: int = 0) -> tuple[dict[str, Any], str]:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            found = main([*(str(a) for a in arguments), "--json"])
        assert found == status, (out.getvalue(), err.getvalue())
        [line] = out.getvalue().splitlines()
        return json.loads(line), err.getvalue()

    return run


@pytest.fixture
def sites(tmp_path: Path) -> None:
    """Folders here/ and there/ with three pictures each, red and blue."""
    for name, colour in (("here", (0.7, 0.4, 0.4)), ("there", (0.3, 0.5, 0.6))):
        (tmp_path / name).mkdir()
        for n in range(3):
            rng = np.random.default_rng(n + len(name))
            made = np.array(colour) + rng.normal(0, 0.05, (20, 24, 3))
            file = tmp_path / name / f"{name}{n}.png"
            Image.fromarray(np.rint(made.clip(0, 1) * 255).astype(np.uint8)).save(file)


def colour_of(files: list[str]) -> Any:
    return np.mean([np.asarray(Image.open(file)).mean((0, 1)) / 255 for file in files], axis=0)


@pytest.mark.usefixtures("sites")
def test_a_folder_is_matched_and_the_look_is_kept(call: Call, tmp_path: Path) -> None:
    found, _ = call("match", "here", "--to", "there", "--out", "out", "--save-look", "look.json")
    assert (found["method"], found["strength"], found["references"]) == ("lab", 1.0, 3)
    assert found["images"] == len(found["files"]) == 3
    assert found["unchanged"] == found["skipped"] == found["warnings"] == []
    assert np.abs(colour_of(found["files"]) - (0.3, 0.5, 0.6)).max() < 0.03
    again, _ = call("match", "here", "--to", "look.json", "--out", "again", "--strength", "0.5")
    assert again["references"] == 3
    assert np.abs(colour_of(again["files"]) - (0.5, 0.45, 0.5)).max() < 0.03


@pytest.mark.usefixtures("sites")
def test_sites_of_a_project_and_results_in_it(call: Call) -> None:
    call("new", "p.tlproj")
    call("import", "p.tlproj", ".", "--group-from", "folder:1")
    given = ("--project", "p.tlproj", "--to", "folder:there", "--together", "--add")
    found, _ = call("match", "group:^here$", *given, "--split", "train", "--with-labels")
    assert len(found["added"]) == 3 and found["files"] == []
    info, _ = call("info", "p.tlproj")
    assert info["images"] == 9
    out, _ = call("match", "all", "--project", "p.tlproj", "--to", "there", "--out", "o")
    assert out["images"] == 9


@pytest.mark.usefixtures("sites")
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("here", "--to", "there"), "look.where"),
        (("here", "--to", "there", "--add"), "look.needs_project"),
        (("tag:a", "--to", "there", "--out", "o"), "look.needs_project"),
        (("here", "--to", "gone", "--out", "o"), "look.no_file"),
        (("here", "--to", "there", "--out", "here"), "look.not_empty"),
        (("here", "--to", "there", "--out", "o", "--strength", "2"), "look.strength"),
        (("here", "--to", "there", "--out", "o", "--method", "macenko"), "look.other_stains"),
        (("here", "--to", "gone.json", "--out", "o"), "look.unknown"),
        (("here", "--to", "l.json", "--out", "o", "--method", "macenko"), "look.other_method"),
        (("here", "--to", "there", "--out", "o", "--method", "sepia"), "command.usage"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(
    call: Call, tmp_path: Path, arguments: tuple[str, ...], code: str
) -> None:
    look = {"version": 1, "method": "lab", "images": 1}
    look["statistics"] = {"mean": [50, 0, 0], "spread": [9, 2, 2]}
    (tmp_path / "l.json").write_text(json.dumps(look))
    found, err = call("match", *arguments, status=2)
    assert found["error"]["code"] == code
    assert len(err.strip().splitlines()[-1:]) == 1 and "Traceback" not in err


@pytest.mark.usefixtures("sites")
def test_without_json_it_says_what_suits_and_what_was_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here" / "broken.png").write_bytes(b"no picture")
    assert main(["match", "here", "--to", "there", "--out", "out"]) == 0
    shown = capsys.readouterr()
    assert "colour suits photographs" in shown.err
    assert "3 images were written to out" in shown.out
    assert "left out:" in shown.out and "broken.png" in shown.out
