"""A whole project of patients' files: no planted word is anywhere in what comes of it."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from tlstudio.cli.main import main
from tlstudio.services.logs import start_logging, stop_logging
from tlstudio.services.projects import back_up_now, open_project

sys.path.append(str(Path(__file__).parents[1] / "services"))
from patients import IN_TAGS, dicom
from planted import found_in

IN_FILES = ("Meierhofer", "Charité", "47.3769", "Serial-8812")
"""In EXIF, comments and texts of pictures."""
IN_NAMES = ("Ambulanz", "Befund", "Zwölfter", "Sanitätsrat")
"""In names of files and folders."""

TINY = ("--model", "squeezenet1_1", "--weights", "none", "--image-size", "32", "--epochs", "1",
        "--set", "min_steps=4")  # fmt: skip


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two labels; pictures and DICOMs that name people inside and outside."""
    folder = tmp_path / "in" / "Ambulanz" / "Befund"
    rng = np.random.default_rng(3)
    for kind, label in enumerate(("bars", "dots")):
        (folder / label).mkdir(parents=True)
        for number in range(9):
            wave = np.sin(np.arange(32) * (1 + kind))[:, None, None] * 60 + 120
            noise = rng.normal(0, 15, (32, 32, 3))
            pixels = (wave + noise).clip(0, 255).astype(np.uint8)
            _save(Image.fromarray(pixels), folder / label / f"Zwölfter {kind}{number}", number)
        for number in range(3):
            place = 10 * kind + number
            name = f"Sanitätsrat {kind}{number}.dcm"
            dicom(folder / label / name, f"PATIENT-4711-{place}", place, seed=place)
    (folder / "bars" / "Sanitätsrat broken.png").write_bytes(b"\x89PNG\r\n\x1a\n Meierhofer")
    return folder


def _save(image: Image.Image, stem: Path, number: int) -> None:
    exif = Image.Exif()
    exif[0x013B], exif[0x010E] = "Meierhofer", "Meierhofer"
    exif.get_ifd(0x8769)[0xA431] = "Serial-8812"
    exif.get_ifd(0x8825)[29] = "47.3769"
    if number % 3 == 0:
        image.save(f"{stem}.jpg", exif=exif, comment="Charité")
    elif number % 3 == 1:
        said = PngImagePlugin.PngInfo()
        said.add_itxt("Author", "Meierhofer, Charité", zip=True)
        image.save(f"{stem}.png", exif=exif, pnginfo=said)
    else:
        image.save(f"{stem}.tif", exif=exif, compression="tiff_lzw")


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """`call("info", "p.tlproj")` in this process, all that the program logs going to its log."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    start_logging(logging.DEBUG)

    def run(*arguments: object) -> None:
        assert main([str(each) for each in arguments]) == 0, arguments

    yield run
    stop_logging()


@pytest.mark.slow
def test_nothing_of_a_patient_is_in_a_finished_project(
    call: Callable[..., None], source: Path, tmp_path: Path, tl_home: Path
) -> None:
    call("new", "p.tlproj")
    call("import", "p.tlproj", source, "--format", "class-folders:1", "--rename")
    call("import", "p.tlproj", source, "--format", "class-folders:1", "--rename")
    call("label", "rename", "p.tlproj", "bars", "stripes")
    call("undo", "p.tlproj")
    call("redo", "p.tlproj")
    call("split", "p.tlproj", "--by", "image", "--val", "0.3", "--test", "0.2")
    call("train", "p.tlproj", *TINY, "--events")
    call("evaluate", "p.tlproj", "best")
    dicom(tmp_path / "Sanitätsrat 99.dcm", seed=77, position=77)
    call("import", "p.tlproj", tmp_path / "Sanitätsrat 99.dcm", "--format", "images", "--rename")
    call("predict", "p.tlproj", "best", "--write")
    for format_ in ("label-studio", "csv"):
        call("export-labels", "p.tlproj", "--format", format_, "--out", f"out-{format_}",
             "--images", "copy")  # fmt: skip
    call("export-model", "p.tlproj", "best", "--out", "bundle")
    call("duplicates", "p.tlproj")
    with open_project(tmp_path / "p.tlproj") as project:
        back_up_now(project)
        with project.read() as db:
            assert db.value("SELECT count(*) FROM images") == 25
            assert db.value("SELECT count(*) FROM skipped") == 1
            assert db.value("SELECT count(*) FROM annotations WHERE suggestion = 1")
    logging.getLogger("tlstudio").debug("the end")
    made = [tmp_path / name for name in ("p.tlproj", "out-label-studio", "out-csv", "bundle")]
    assert all(folder.is_dir() for folder in made)
    assert (tl_home / "logs" / "tlstudio.log").is_file()
    assert found_in([*made, tl_home], (*IN_TAGS, *IN_FILES, *IN_NAMES)) == []


def test_of_a_file_that_stays_where_it_lies_only_its_path_is_known(
    call: Callable[..., None], source: Path, tmp_path: Path, tl_home: Path
) -> None:
    call("new", "p.tlproj")
    call("import", "p.tlproj", source, "--format", "class-folders:1", "--reference")
    call("export-labels", "p.tlproj", "--format", "csv", "--out", "out", "--images", "none")
    made = [tmp_path / "p.tlproj", tmp_path / "out", tl_home]
    assert found_in(made, (*IN_TAGS, *IN_FILES)) == []
    assert found_in(made, IN_NAMES), "the path is known, or the file could not be found"


def test_the_search_finds_what_is_there(source: Path, tmp_path: Path) -> None:
    found = json.dumps(found_in([source], (*IN_TAGS, *IN_FILES, *IN_NAMES)))
    for word in (*IN_TAGS, *IN_FILES, "Zwölfter"):
        assert json.dumps(word)[1:-1] in found, word
