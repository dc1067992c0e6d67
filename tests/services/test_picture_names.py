"""Names of restyled pictures: near the originals', never twice, never over anything."""

from __future__ import annotations

from pathlib import Path

from tlstudio.services._picture_names import PictureNames, relative_to_one, split_ending


def test_formats_that_are_written_are_kept_and_others_become_png() -> None:
    endings = {"a.jpg": ".jpg", "a.JPEG": ".JPEG", "a.png": ".png", "a.tif": ".tif"}
    assert {name: split_ending(name)[1] for name in endings} == endings
    assert split_ending("scan.nii.gz") == ("scan", ".png")
    assert split_ending("slide.bmp") == ("slide", ".png")
    assert split_ending("IM000001") == ("IM000001", ".png")


def test_no_name_is_given_twice_nor_over_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"mine")
    names = PictureNames(tmp_path)
    assert names.give("a.png", None) == "a-2.png"
    assert names.give("a.bmp", None) not in {"a.png", "a-2.png"}
    assert (tmp_path / "a.png").read_bytes() == b"mine"


def test_letter_case_does_not_tell_names_apart(tmp_path: Path) -> None:
    names = PictureNames(tmp_path)
    assert [names.give(each, None) for each in ("x.jpg", "X.jpg", "x.JPG")] == [
        "x.jpg",
        "X-2.jpg",
        "x-3.JPG",
    ]


def test_folders_stay_and_frames_are_numbered(tmp_path: Path) -> None:
    names = PictureNames(tmp_path)
    assert names.give("ward/scan.dcm", 0) == "ward/scan-0001.png"
    assert names.give("ward/scan.dcm", 11) == "ward/scan-0012.png"
    assert names.give("a:b?.png", None) == "a_b_.png"


def test_a_picture_is_placed_below_the_folder_that_was_asked_for(tmp_path: Path) -> None:
    inside = tmp_path / "in" / "sub" / "a.png"
    assert relative_to_one(inside, [tmp_path / "in"]) == "sub/a.png"
    assert relative_to_one(inside, [tmp_path / "other", inside]) == "a.png"
