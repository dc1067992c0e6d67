"""What a styling is put together from, and a stylizer applied to one picture."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tlstudio.domain.annotations import Box, Polygon
from tlstudio.domain.style_history import StylingKind
from tlstudio.imaging.bitmap import Bitmap
from tlstudio.services import style_applying
from tlstudio.services.datasets import import_source
from tlstudio.services.labelling import list_labels
from tlstudio.services.projects import create_project, open_project
from tlstudio.services.shaping import add_shapes, paint_mask
from tlstudio.services.style_history import history
from tlstudio.services.style_parts import (
    REGION_SIDE,
    keep_pasted,
    keep_region,
    labels_on,
    look_at_file,
    project_pictures,
    read_region,
    region_of_labels,
)
from tlstudio.storage.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """One image of 60 x 40, and the labels cell and edge."""
    source = tmp_path / "given"
    source.mkdir()
    Image.fromarray(np.full((40, 60, 3), 90, np.uint8)).save(source / "one.png")
    made = create_project(tmp_path / "work.tlproj", labels=("cell", "edge"))
    with made:
        import_source(made, source)
        yield made


def labels(project: Project) -> tuple[int, int]:
    cell, edge = (each.id for each in list_labels(project))
    return cell, edge


def test_a_picture_is_made_small_and_knows_its_size(tmp_path: Path) -> None:
    pages = [Image.fromarray(np.full((30, 50), grey, np.uint8)) for grey in (10, 200)]
    file = tmp_path / "pages.tif"
    pages[0].save(file, save_all=True, append_images=pages[1:])
    look = look_at_file(file, 1, side=25)
    assert look.pixels.shape == (15, 25, 3) and (look.width, look.height) == (50, 30)
    assert np.all(look.pixels == 200)


def test_images_of_the_project_are_found_where_they_lie(project: Project) -> None:
    (found,) = project_pictures(project, [1, 99])
    assert found.path.is_file() and found.path.is_relative_to(project.folder)
    assert (found.name, found.width, found.height) == ("one.png", 60, 40)


def test_boxes_polygons_and_masks_of_a_label_are_its_region(project: Project) -> None:
    cell, edge = labels(project)
    ring = ((40.0, 0.0), (60.0, 0.0), (60.0, 10.0), (40.0, 10.0))
    shapes = [
        Box(id="", image=1, label=cell, x=0, y=0, w=10, h=10),
        Polygon(id="", image=1, label=cell, parts=((ring,),)),
        Box(id="", image=1, label=edge, x=20, y=20, w=5, h=5),
    ]
    add_shapes(project, 1, shapes)
    assert [(each.name, each.shapes) for each in labels_on(project, 1)] == [
        ("cell", 2),
        ("edge", 1),
    ]
    region = region_of_labels(project, 1, [cell])
    assert region.shape == (40, 60) and set(np.unique(region)) == {0, 255}
    assert np.all(region[:10, :10] == 255) and np.all(region[:10, 40:] == 255)
    assert np.count_nonzero(region) == 100 + 200
    assert np.count_nonzero(region_of_labels(project, 1, [cell, edge])) == 300 + 25
    mask = Bitmap.from_array(np.ones((4, 6), np.bool_), 30, 30, 60, 40)
    paint_mask(project, 1, None, edge, mask, list(mask.tiles))
    assert np.count_nonzero(region_of_labels(project, 1, [edge])) == 25 + 24


def test_a_large_image_gives_a_small_region(tmp_path: Path) -> None:
    source = tmp_path / "large"
    source.mkdir()
    Image.fromarray(np.zeros((20, 3000), np.uint8)).save(source / "wide.png")
    with create_project(tmp_path / "large.tlproj", labels=("cell",)) as project:
        import_source(project, source)
        (label,) = (each.id for each in list_labels(project))
        add_shapes(project, 1, [Box(id="", image=1, label=label, x=1500, y=0, w=1500, h=20)])
        region = region_of_labels(project, 1, [label])
    assert max(region.shape) <= REGION_SIDE
    assert np.all(region[:, -400:] == 255) and np.all(region[:, :400] == 0)


def test_parts_are_kept_once_and_come_back(project: Project) -> None:
    region = np.zeros((20, 30), np.uint8)
    region[5:, 7:] = 255
    file = keep_region(project, region)
    assert file.parent == project.folder / "styles" / "parts"
    assert keep_region(project, region.copy()) == file
    assert np.array_equal(read_region(file), region)
    assert keep_pasted(project, file.read_bytes()) == file


def test_a_project_that_is_only_read_stays_as_it_is(project: Project, tl_home: Path) -> None:
    with open_project(project.folder) as second:
        assert second.read_only
        file = keep_region(second, np.full((4, 4), 255, np.uint8))
    assert file.is_relative_to(tl_home)
    assert not (project.folder / "styles").exists()


def test_what_a_stylizer_made_is_in_the_history(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def restyled(_project: Project, run: str, image: Path, frame: int) -> np.ndarray:
        asked.append((run, image.name, frame))
        return np.full((40, 60, 3), (200, 0, 0), np.uint8)

    monkeypatch.setattr(style_applying, "restyle_one", restyled)
    (own,) = project_pictures(project, [1])
    entry = style_applying.apply_stylizer(project, "r0001", own.path, content_image=1)
    assert asked == [("r0001", own.path.name, 0)]
    assert history(project) == [entry]
    assert entry.kind is StylingKind.STYLIZER and entry.sources == ({"run": "r0001"},)
    assert (entry.width, entry.height, entry.content_image) == (60, 40, 1)
    with Image.open(project.folder / entry.result) as made:
        assert made.getpixel((3, 3)) == (200, 0, 0)
