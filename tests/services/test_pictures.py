"""Pictures of a project's images: a preview at once, then the values of the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tlstudio.domain.errors import UserError
from tlstudio.services.datasets import import_source
from tlstudio.services.images import find_images, image_path
from tlstudio.services.pictures import Adjust, Picture, load_picture, render, value_at
from tlstudio.services.projects import Project, create_project

Make = Callable[[str, NDArray[np.generic]], tuple[Project, int]]


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Make]:
    """`made("a.png", pixels)`: a project that holds that picture, and its id."""
    opened: list[Project] = []

    def make(name: str, pixels: NDArray[np.generic]) -> tuple[Project, int]:
        (tmp_path / "in").mkdir()
        Image.fromarray(pixels).save(tmp_path / "in" / name)
        project = create_project(tmp_path / "p.tlproj")
        opened.append(project)
        import_source(project, tmp_path / "in")
        return project, find_images(project)[0]

    yield make
    for project in opened:
        project.close()


def colours(width: int, height: int) -> NDArray[np.uint8]:
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x % 256, y % 256, (x + y) % 256], axis=-1).astype(np.uint8)


def whole(picture: Picture, adjust: Adjust | None = None) -> NDArray[np.uint8]:
    size = (picture.width, picture.height)
    return render(picture, (0, 0, *size), size, adjust or Adjust())


def test_a_picture_has_the_values_of_its_file(made: Make) -> None:
    pixels = colours(2100, 1300)
    picture = load_picture(*made("a.png", pixels))
    assert (picture.width, picture.height, picture.bit_depth) == (2100, 1300, 8)
    assert [level.shape[:2] for level in picture.levels] == [(1300, 2100), (650, 1050), (325, 525)]
    assert picture.nbytes == sum(level.nbytes for level in picture.levels)
    assert not picture.preview and (picture.low, picture.high) == (0, 255)
    assert np.array_equal(whole(picture), pixels)
    assert value_at(picture, 300.9, 20.1) == (300 % 256, 20, 320 % 256)
    assert value_at(picture, 2100, 0) is None and value_at(picture, -0.1, 0) is None


def test_display_never_alters_the_picture(made: Make) -> None:
    pixels = colours(90, 60)
    picture = load_picture(*made("a.png", pixels))
    for adjust in (Adjust(brightness=1), Adjust(invert=True), Adjust(channel=1), Adjust(low=9)):
        whole(picture, adjust)
    assert np.array_equal(picture.levels[0], pixels)
    with pytest.raises(ValueError, match="read-only"):
        picture.levels[0][0, 0] = 0


def test_deep_values_are_windowed_only_on_screen(made: Make) -> None:
    values = (np.arange(200 * 300).reshape(200, 300) + 1000).astype(np.uint16)
    picture = load_picture(*made("a.tif", values))
    assert picture.bit_depth == 16 and picture.levels[0].dtype == np.uint16
    assert 1000 < picture.low < picture.high < 61000
    assert value_at(picture, 7, 3) == (1000 + 907,)
    seen = whole(picture)
    assert seen.shape == (200, 300) and (seen.min(), seen.max()) == (0, 255)
    narrow = whole(picture, Adjust(low=30_000, high=30_256))
    assert sorted(set(narrow.ravel().tolist())) == list(range(256))


@pytest.mark.parametrize("name", ["a.jpg", "a.tif"])
def test_a_preview_is_the_thumbnail(name: str, made: Make) -> None:
    project, image = made(name, colours(2000, 1500))
    preview = load_picture(project, image, quick=True)
    assert preview.preview
    assert (preview.width, preview.height) == (2000, 1500)
    assert max(preview.levels[0].shape) == 256
    assert value_at(preview, 5, 5) is None
    assert render(preview, (500, 500, 700, 400), (1400, 800), Adjust()).shape == (800, 1400, 3)


def test_without_a_thumbnail_a_jpeg_has_a_draft(made: Make) -> None:
    project, image = made("a.jpg", colours(2000, 1500))
    from tlstudio.services.images import image_rows

    project.thumbnails.remove([row.pixel_hash for row in image_rows(project, [image])])
    preview = load_picture(project, image, quick=True)
    assert preview.preview and preview.levels[0].shape == (750, 1000, 3)
    full = load_picture(project, image)
    off = np.abs(preview.levels[0].astype(int) - full.levels[1])
    assert np.median(off) < 8


def test_a_small_picture_without_a_thumbnail_is_loaded_in_full(made: Make) -> None:
    project, image = made("a.png", colours(60, 50))
    from tlstudio.services.images import image_rows

    project.thumbnails.remove([row.pixel_hash for row in image_rows(project, [image])])
    assert not load_picture(project, image, quick=True).preview


def test_a_file_that_was_exchanged_for_one_of_another_size_is_not_shown(made: Make) -> None:
    project, image = made("a.png", colours(40, 30))
    path = image_path(project, image)
    Image.fromarray(colours(20, 15)).save(path)
    with pytest.raises(UserError) as caught:
        load_picture(project, image)
    assert caught.value.code == "data.other_size"
    assert "20 × 15" in str(caught.value) and "40 × 30" in str(caught.value)


def test_what_is_gone_is_said(made: Make) -> None:
    project, image = made("a.png", colours(60, 50))
    with pytest.raises(UserError) as error:
        load_picture(project, image + 1)
    assert error.value.code == "project.no_image"
    for file in (project.folder / "images").rglob("*.png"):
        file.unlink()
    with pytest.raises(UserError) as error:
        load_picture(project, image)
    assert error.value.code == "data.file_missing"
