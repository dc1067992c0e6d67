"""The verb stylize with a worker that only pretends to paint: options, files, folders, orders."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tlstudio.cli.main import main, make_parser
from tlstudio.domain.styling import StyleSettings

FAKE = Path(__file__).parents[1] / "jobs" / "fake_worker.py"
Call = Callable[..., tuple[dict[str, Any], str]]


@pytest.fixture(autouse=True)
def painter(monkeypatch: pytest.MonkeyPatch, tl_home: Path, tmp_path: Path) -> None:
    """A worker that pretends, weights for it, and some pictures in the working folder."""
    from tlstudio.services import _weights_store

    monkeypatch.setenv("TLSTUDIO_FAKE_ACT", "style")
    monkeypatch.setattr(
        "tlstudio.jobs.supervisor.worker_command", lambda job: [sys.executable, str(FAKE), str(job)]
    )
    file = _weights_store.file_of("squeezenet1_1")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"weights")
    _weights_store.record(_weights_store.WeightsReport("squeezenet1_1", "ab" * 32, True, 1, 0))
    monkeypatch.chdir(tmp_path)
    for number, name in enumerate(("content", "style", "other", "region")):
        paint(tmp_path / f"{name}.png", number)


def paint(place: Path, seed: int) -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 255, (16, 16, 3))
    Image.fromarray(pixels.astype(np.uint8)).save(place)
    return place


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Iterator[Call]:
    """`call("content.png", "style.png", …)` of stylize -> (what --json gives, stderr)."""

    def run(*arguments: object, status: int = 0) -> tuple[dict[str, Any], str]:
        found = main(["stylize", *map(str, arguments), "--json"])
        told = capsys.readouterr()
        assert found == status, told
        [line] = told.out.splitlines()
        return json.loads(line), told.err

    yield run


def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the worker is asked from here on."""
    from tlstudio.jobs.warm import WarmWorker

    heard: list[dict[str, Any]] = []
    begin = WarmWorker.begin

    def listen(self: WarmWorker, request: dict[str, Any]) -> Any:
        heard.append(request)
        return begin(self, request)

    monkeypatch.setattr(WarmWorker, "begin", listen)
    return heard


# -- one picture -------------------------------------------------------------------------------


def test_one_picture_and_its_facts(call: Call) -> None:
    made, err = call("content.png", "style.png", "--out", "new/made.png", "--steps", "4")
    assert Path(made["out"]).name == "made.png" and Path(made["out"]).is_file()
    assert (made["steps"], made["network"], made["ended"]) == (4, "squeezenet1_1", "completed")
    assert made["losses"]["total"] == 1.75 and made["seconds"] > 0
    assert (made["skipped"], made["remaining"]) == ([], 0)
    assert [each["steps"] for each in made["files"]] == [4]
    assert "4/4" in err or "1/4" in err


def test_every_setting_is_an_option_and_reaches_the_worker(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = asked(monkeypatch)
    help_text = make_parser().parse_args(["stylize", "a", "b"])
    assert all(hasattr(help_text, f"set_{field.name}") for field in StyleSettings.fields())
    call(
        *("content.png", "style.png", "other.png", "--out", "a.png", "--mix", "2,1"),
        *("--region", "region.png", "-", "--set", "seed=3", "--steps", "2", "--size", "64"),
        *("--colour", "luminance", "--content-layers", "fire5", "--style-scale", "0.5"),
    )
    styling = heard[0]["styling"]
    settings = styling["settings"]
    assert (settings["seed"], settings["size"], settings["colour"]) == (3, 64, "luminance")
    assert (settings["content_layers"], settings["style_scale"]) == ("fire5", 0.5)
    first, second = styling["sources"]
    assert [first["weight"], second["weight"]] == [2.0, 1.0]
    assert (Path(first["region"]).name, second["region"]) == ("region.png", None)
    assert Path(styling["content_path"]).is_absolute() and Path(first["path"]).is_absolute()
    assert heard[0]["weights"]["label"] and heard[0]["start_from"] is None


def test_events_are_lines_of_their_own(call: Call) -> None:
    _, err = call("content.png", "style.png", "--out", "a.png", "--events")
    events = [json.loads(line) for line in err.splitlines()]
    progress = [event for event in events if event["event"] == "progress"]
    assert [(event["done"], event["total"]) for event in progress] == [(0, 1)]
    previews = [event for event in events if event["event"] == "preview"]
    assert [event["step"] for event in previews] == [1, 2, 3]


def test_words_where_no_json_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stylize", "content.png", "style.png", "--out", "a.png"]) == 0
    assert "16 x 16 pixels, 3 steps" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("content.png --out a.png", "styling.no_style"),
        ("content.png style.png", "styling.no_out"),
        ("content.png style.png --add --out a.png", "styling.no_project"),
        ("content.png --model r1 --out a.png", "styling.no_project"),
        ("content.png --model r1 --project p", "styling.no_out"),
        ("content.png style.png --model r1 --project p --out a.png", "styling.styles_and_model"),
        ("content.png --model r1 --project p --out a.png --size 64", "styling.options_and_model"),
        ("content.png style.png --out content.png", "styling.over_source"),
        ("content.png style.png --out style.png", "styling.over_source"),
        ("content.png style.png --out ./new/../content.png", "styling.over_source"),
        ("content.png style.png --region region.png --out region.png", "styling.over_source"),
        ("content.png style.png --out a.gif", "styling.ending"),
        ("content.png style.png --out style.png/a", "styling.out"),
        ("content.png style.png --mix 1,2 --out a.png", "styling.mix"),
        ("content.png style.png --mix x --out a.png", "styling.mix"),
        ("content.png style.png --mix 0 --out a.png", "styling.weight"),
        ("content.png style.png --region - - --out a.png", "styling.regions"),
        ("content.png style.png --size 9 --out a.png", "recipe.value"),
        ("content.png style.png --set moon=1 --out a.png", "recipe.unknown"),
        ("content.png style.png --set moon --out a.png", "command.set"),
        ("content.png style.png --style-layers x --out a.png", "styling.layer"),
        ("content.png nowhere.png --out a.png", "data.file_missing"),
        ("nowhere.png style.png --out a.png", "predict.no_file"),
        (". style.png --frame 2 --out d", "styling.frame_of_one"),
        (". style.png --out a.png", "styling.one_file"),
        ("content.png style.png --weights none --out a.png", "styling.weights_file"),
        ("content.png style.png --out a.png --project nowhere", "project.missing"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_begins(
    call: Call, monkeypatch: pytest.MonkeyPatch, arguments: str, code: str
) -> None:
    before = {place: place.read_bytes() for place in Path().rglob("*") if place.is_file()}
    heard = asked(monkeypatch)
    found, err = call(*arguments.split(), status=2)
    assert found["error"]["code"] == code, found
    assert err.splitlines()[-1].startswith("error: ")
    assert heard == []
    assert {place: place.read_bytes() for place in Path().rglob("*") if place.is_file()} == before


def test_absent_weights_name_both_ways_to_them(call: Call) -> None:
    found, _ = call("content.png", "style.png", "--network", "vgg19", "--out", "a.png", status=2)
    assert found["error"]["code"] == "weights.absent"
    assert "weights fetch vgg19" in found["error"]["message"]
    assert "weights import vgg19" in found["error"]["message"]


def test_a_folder_that_cannot_be_written_is_refused_early(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = asked(monkeypatch)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tlstudio.services.style_batch.tempfile.TemporaryFile", refuse)
    found, _ = call("content.png", "style.png", "--out", "there/a.png", status=2)
    assert (found["error"]["code"], heard) == ("styling.out", [])
    assert "Permission denied" in found["error"]["message"]


def test_a_content_that_cannot_be_read_is_an_error(call: Call) -> None:
    paint(Path("broken.png"), 9)
    found, _ = call("broken.png", "style.png", "--out", "a.png", status=2)
    assert found["error"]["code"] == "data.corrupt"


# -- folders -----------------------------------------------------------------------------------


def test_a_folder_is_done_though_pictures_in_it_are_broken(call: Call) -> None:
    for number, name in enumerate(("b/one.png", "b/broken.png", "b/deadly.png", "b/deep/one.jpg")):
        paint(Path(name), number)
    Path("b/notes.txt").write_text("no picture")
    made, err = call("b", "style.png", "--out", "out")
    out = Path(made["out"])
    assert sorted(p.relative_to(out).as_posix() for p in out.rglob("*.*")) == [
        "deep/one.jpg",
        "one.png",
    ]
    assert [Path(each["file"]).name for each in made["skipped"]] == ["broken.png", "deadly.png"]
    assert [each["code"] for each in made["skipped"]] == ["data.corrupt", "training.crashed"]
    assert made["skipped"][0]["message"] and made["steps"] == 6
    assert "1/4" in err
    again, _ = call("b", "style.png", "--out", "out")
    assert len(list(out.rglob("*.*"))) == 4, "what is there is never written over"
    assert {each["out"] for each in again["files"]}.isdisjoint(e["out"] for e in made["files"])


def test_where_none_can_be_made_the_error_is_told(call: Call) -> None:
    paint(Path("b/broken 1.png"), 1)
    paint(Path("b/broken 2.png"), 2)
    found, _ = call("b", "style.png", "--out", "out", status=2)
    assert found["error"]["code"] == "data.corrupt"


@pytest.mark.skipif(sys.platform == "win32", reason="signals as Windows has none")
@pytest.mark.parametrize("folder", ["b", "stubborn"])
def test_ctrl_c_stops_and_keeps_and_a_second_one_gives_up(tmp_path: Path, folder: str) -> None:
    """In a process of its own, whose worker is this test's; the second folder's pictures take no
    notice of a stop."""
    for number in range(3):
        paint(tmp_path / folder / f"{number}.png", number)
    program = (
        "import sys, tlstudio.jobs.supervisor as s; from tlstudio.cli.main import main;"
        f"s.worker_command = lambda job: [sys.executable, {str(FAKE)!r}, str(job)];"
        "sys.exit(main(sys.argv[1:]))"
    )
    child = subprocess.Popen(
        [
            *(sys.executable, "-c", program, "stylize", folder, "style.png", "--out", "out"),
            *("--steps", "100000", "--json", "--events"),
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(FAKE.parents[2])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stderr is not None
    next(line for line in child.stderr if '"preview"' in line)
    child.send_signal(signal.SIGINT)
    if folder == "stubborn":
        next(line for line in child.stderr if "Ctrl-C again" in line)
        child.send_signal(signal.SIGINT)
    out, _ = child.communicate(timeout=240)
    made = json.loads(out)
    if folder == "b":
        assert child.returncode == 0
        assert (made["ended"], made["remaining"], len(made["files"])) == ("user", 2, 1)
        assert (tmp_path / "out" / "0.png").is_file()
    else:
        assert child.returncode == 2
        assert made["error"]["code"] == "styling.cancelled"
        assert list((tmp_path / "out").iterdir()) == []


# -- with a project ----------------------------------------------------------------------------


@pytest.fixture
def project(class_folder: Callable[..., Path]) -> str:
    class_folder({"bars": 4, "dots": 4}, size=16)
    for arguments in (["new", "p.tlproj"], ["import", "p.tlproj", "images"]):
        assert main([*arguments, "--json"]) == 0
    return "p.tlproj"


def test_a_project_keeps_the_history_and_may_take_the_picture(
    call: Call, project: str, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    content = next(Path(project, "images").rglob("bars_000.png"))
    made, _ = call(
        *(content, "style.png", "--project", project, "--add", "--with-labels", "--split", "train")
    )
    assert Path(made["out"]) == Path(project).absolute() / "styles" / "0001.png"
    assert Path(made["out"]).is_file()
    assert (made["files"][0]["entry"], made["files"][0]["image"]) == (1, 9)
    assert main(["info", project, "--json"]) == 0
    info = json.loads(capsys.readouterr().out)
    assert (info["images"], info["splits"]["train"], info["labels"]["bars"]) == (9, 1, 5)
    both, _ = call("content.png", "style.png", "--project", project, "--out", "here.png")
    assert Path(both["out"]).name == "here.png" and both["files"][0]["entry"] == 2
    assert Path(project, "styles", "0002.png").is_file()


def test_what_is_made_from_a_tested_image_is_held_back(
    call: Call, project: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["split", project, "--val", "0", "--test", "0.5", "--json"]) == 0
    capsys.readouterr()
    made, _ = call(
        *(Path(project, "images"), "style.png", "--project", project, "--add", "--split", "train")
    )
    assert len(made["files"]) == 8
    assert made["warnings"][0]["code"] == "styling.held_back"
    assert made["warnings"][0]["params"]["count"] == 4


# -- with a run that has learned a style -------------------------------------------------------


@pytest.fixture
def stylizer(
    project: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tl_home: Path
) -> Iterator[str]:
    """The project with the run r0001, whose worker hands pictures on as they are."""
    with monkeypatch.context() as patch:
        patch.setenv("TLSTUDIO_FAKE_ACT", "finish")
        arguments = ("--model", "fast-style:squeezenet1_1", "--task", "style", "--style",
                     tmp_path / "style.png", "--json")  # fmt: skip
        assert main(["train", project, *map(str, arguments)]) == 0
    yield project


def test_a_learned_style_is_applied_to_folders(
    call: Call, stylizer: str, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    for number, name in enumerate(("b/one.png", "b/broken.png", "b/deep/one.png")):
        paint(Path(name), number)
    made, _ = call("b", "--model", "latest", "--project", stylizer, "--out", "out")
    assert (made["run"], Path(made["out"])) == ("r0001", Path("out").absolute())
    assert sorted(p.relative_to("out").as_posix() for p in Path("out").rglob("*.*")) == [
        "deep/one.png",
        "one.png",
    ]
    assert [Path(each["file"]).name for each in made["skipped"]] == ["broken.png"]
    assert made["skipped"][0]["message"] and len(made["files"]) == 2
    assert main(["stylize", "b", "--model", "r0001", "--project", stylizer, "--out", "o"]) == 0
    assert "16 x 16 pixels" in capsys.readouterr().out


def test_a_learned_style_may_add_to_the_project(
    call: Call, stylizer: str, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    content = next(Path(stylizer, "images").rglob("bars_000.png"))
    made, _ = call(
        *(content, "--model", "latest", "--project", stylizer, "--out", "a.png", "--add"),
        *("--with-labels", "--split", "train"),
    )
    assert made["files"][0]["added"] == 9
    assert Path(stylizer, "styles", "0001.png").is_file() and Path("a.png").is_file()
    assert main(["info", stylizer, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["labels"]["bars"] == 5
