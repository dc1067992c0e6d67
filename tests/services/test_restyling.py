"""Pictures in a learned style: where they go, what they are called, and that originals stay."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tlstudio.domain.errors import UserError
from tlstudio.services import training
from tlstudio.services.projects import Project
from tlstudio.services.restyling import restyle
from tlstudio.services.training import TrainRequest


@pytest.fixture
def stylizer(
    pictures: Callable[..., Project], pretend: Callable[[str], None], tmp_path: Path
) -> Project:
    """A project of four images with the run r0001, whose worker hands pictures on as they are."""
    project = pictures({"bars": 2, "dots": 2})
    Image.new("RGB", (20, 20), "teal").save(tmp_path / "style.png")
    (tmp_path / "teacher.safetensors").write_bytes(b"weights")
    request = TrainRequest(
        "fast-style:squeezenet1_1",
        task="style",
        weights=str(tmp_path / "teacher.safetensors"),
        style=str(tmp_path / "style.png"),
    )
    training.start_training(project, request).wait(20)
    return project


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Pictures of three formats, one in a folder of its own, one that cannot be read."""
    root = tmp_path / "album"
    (root / "ward").mkdir(parents=True)
    for name in ("a.jpg", "a.png", "a.bmp", "ward/a.png"):
        Image.fromarray(np.full((16, 16, 3), len(name), np.uint8)).save(root / name)
    return root


def _files(folder: Path) -> list[str]:
    return sorted(each.relative_to(folder).as_posix() for each in folder.rglob("*.*"))


def test_a_folder_is_restyled_into_another_in_its_order(
    stylizer: Project, album: Path, tmp_path: Path
) -> None:
    before = {name: (album / name).read_bytes() for name in _files(album)}
    report = restyle(stylizer, "r0001", [album], tmp_path / "out")
    assert _files(tmp_path / "out") == ["a-2.png", "a.jpg", "a.png", "ward/a.png"]
    assert {Path(each.file).name for each in report.pictures} == {"a-2.png", "a.jpg", "a.png"}
    assert report.pictures[0].to_json().keys() == {"image", "file", "width", "height"}
    again = restyle(stylizer, "r0001", [album / "a.jpg"], tmp_path / "out")
    assert again.pictures[0].file.endswith("a-2.jpg")
    beside = restyle(stylizer, "r0001", [album / "a.jpg"], album)
    assert beside.pictures[0].file == str(album / "a-2.jpg")
    assert {name: (album / name).read_bytes() for name in before} == before


def test_one_picture_may_go_into_a_file(stylizer: Project, album: Path, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "made.png"
    assert restyle(stylizer, "r0001", [album / "a.bmp"], out).pictures[0].file == str(out)
    restyle(stylizer, "r0001", [album / "a.bmp"], out)  # a file that was named is written anew
    assert _files(out.parent) == ["made.png"]


def test_all_images_of_the_project_are_restyled(stylizer: Project, tmp_path: Path) -> None:
    report = restyle(stylizer, "r0001", None, tmp_path / "out")
    assert len(report.pictures) == 4
    assert _files(tmp_path / "out")[0] == "bars/bars_000.png"
    assert all(not Path(each.image).is_absolute() for each in report.pictures)


def test_what_cannot_be_read_is_told(stylizer: Project, album: Path, tmp_path: Path) -> None:
    (album / "broken.png").write_bytes((album / "a.png").read_bytes())
    report = restyle(stylizer, "r0001", [album], tmp_path / "out")
    assert [Path(each["file"]).name for each in report.skipped] == ["broken.png"]
    assert len(report.pictures) == 4
    with pytest.raises(UserError) as caught:
        restyle(stylizer, "r0001", [album / "broken.png"], tmp_path / "out")
    assert (caught.value.code, caught.value.file) == ("data.corrupt", str(album / "broken.png"))


@pytest.mark.parametrize(
    ("images", "out", "code"),
    [
        (["a.jpg"], "album/a.jpg", "restyle.over_original"),
        (["a.jpg", "a.png"], "one.png", "restyle.one_file"),
        (["a.jpg"], "one.webp", "restyle.out_ending"),
        (["a.jpg"], "notes.txt", "restyle.out_is_file"),
        (["a.jpg"], "p.tlproj/images", "restyle.inside_project"),
        (["a.jpg"], "notes.txt/deep", "restyle.not_written"),
        (["none.jpg"], "out", "predict.no_file"),
        (["empty"], "out", "predict.no_images"),
    ],
)
def test_places_that_will_not_do_are_refused(
    stylizer: Project, album: Path, tmp_path: Path, images: list[str], out: str, code: str
) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    (album / "empty").mkdir()
    before: Any = {name: (album / name).read_bytes() for name in _files(album)}
    with pytest.raises(UserError) as caught:
        restyle(stylizer, "r0001", [album / name for name in images], tmp_path / out)
    assert caught.value.code == code
    assert "<" not in str(caught.value)
    assert {name: (album / name).read_bytes() for name in _files(album)} == before


def test_a_run_of_another_task_restyles_nothing(
    pictures: Callable[..., Project], pretend: Callable[[str], None], album: Path, tmp_path: Path
) -> None:
    project = pictures({"bars": 4, "dots": 4}, name="q")
    training.start_training(project, TrainRequest("squeezenet1_1", weights="none")).wait(20)
    with pytest.raises(UserError) as caught:
        restyle(project, "r0001", [album], tmp_path / "out")
    assert caught.value.code == "restyle.only_style"
