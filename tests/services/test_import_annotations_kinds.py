"""Images inside of annotation files, masks that change, tags and groups, suggestions, order."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tlstudio.domain.annotations import Mask
from tlstudio.domain.images import ImageState, Split
from tlstudio.formats import annotated, readers
from tlstudio.formats.annotation_set import AnnotationSet, ReadImage, ReadShape
from tlstudio.formats.listing import Listing
from tlstudio.imaging.bitmap import Bitmap
from tlstudio.services.datasets import ImportOptions, import_source
from tlstudio.services.labelling import add_labels, assign_label, label_named
from tlstudio.storage import images, tiles
from tlstudio.storage.annotations import of_images
from tlstudio.storage.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "p.tlproj", name="p", task="detection") as made:
        yield made


def picture(seed: int = 0) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 255, (48, 64, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def rows(project: Project) -> dict[str, Any]:
    with project.read() as db:
        found = images.rows(db, [source.image for source in images.sources(db)])
    return {row.name: row for row in found}


class Said:
    """A reader whose file says what the test wants."""

    NAME = "coco"

    def __init__(self) -> None:
        self.images: list[ReadImage] = []
        self.embedded: dict[str, bytes] = {}

    def sniff(self, listing: Listing) -> readers.Evidence | None:
        return readers.Evidence(("said.json",), "the test says so")

    def read(self, *_: object) -> AnnotationSet:
        return AnnotationSet("coco", list(self.images), embedded=dict(self.embedded))


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Said:
    """Two pictures in `source`, and a reader for them."""
    made = Said()
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "said.json").write_text("{}")
    for index, name in enumerate("ab"):
        (folder / f"{name}.png").write_bytes(picture(index))

    def candidates(listing: Listing) -> list[Any]:
        return [(made, made.sniff(listing))]

    monkeypatch.setattr(annotated.readers, "candidates", candidates)
    return made


@pytest.mark.parametrize("dry_run", [True, False])
def test_an_image_inside_of_an_annotation_file_comes_in_once(
    project: Project, tmp_path: Path, dry_run: bool
) -> None:
    folder = tmp_path / "labelme"
    folder.mkdir()
    shape = {"label": "cell", "points": [[4, 5], [24, 15]], "shape_type": "rectangle"}
    text = {
        "version": "5.4.1",
        "flags": {},
        "shapes": [{**shape, "group_id": None, "flags": {}}],
        "imagePath": "..\\elsewhere\\a (1).png",
        "imageData": base64.b64encode(picture()).decode(),
        "imageHeight": 48,
        "imageWidth": 64,
    }
    (folder / "a.json").write_text(json.dumps(text))
    report = import_source(project, folder, ImportOptions(dry_run=dry_run))
    assert (report.images_added, report.images_missing, report.annotations) == (1, 0, 1)
    if dry_run:
        return
    assert list(rows(project)) == ["a (1).png"]
    again = import_source(project, folder)
    assert (again.images_added, again.images_matched, again.shapes) == (0, 1, {"same": 1})
    assert not list(tmp_path.glob("tlstudio-*"))


def mask_of(bits: Any) -> ReadShape:
    mask = Bitmap.from_array(np.asarray(bits, bool), 0, 0, 64, 48)
    return ReadShape("mask", "cell", bitmap=mask, attributes={"import_id": 7})


def test_a_mask_whose_pixels_changed_is_changed_and_keeps_its_id(
    project: Project, said: Said, tmp_path: Path
) -> None:
    bits = np.zeros((48, 64), bool)
    bits[10:20, 10:20] = True
    said.images = [ReadImage("a.png", (mask_of(bits),))]
    import_source(project, tmp_path / "source")
    bits[15, 15] = False  # within the same bounds
    said.images = [ReadImage("a.png", (mask_of(bits),))]
    report = import_source(project, tmp_path / "source")
    assert report.shapes == {"changed": 1}
    with project.read() as db:
        ((shape,),) = of_images(db).values()
        assert isinstance(shape, Mask)
        stored = Bitmap.decode(64, 48, tiles.tiles(db, shape.id))
    assert (stored.whole() == bits).all()
    assert (shape.x, shape.y, shape.w, shape.h) == (10, 10, 10, 10)


def test_what_is_said_of_images_is_kept(project: Project, said: Said, tmp_path: Path) -> None:
    point = {"label": "tip", "points": [[1, 2]]}
    said.images = [
        ReadImage("a.png", tags=("blurred",), group="p1", split=Split.TEST),
        ReadImage("b.png", complete=False, extras={"points": [point]}),
    ]
    report = import_source(project, tmp_path / "source")
    assert report.not_trainable == 1
    a, b = rows(project)["a.png"], rows(project)["b.png"]
    assert (a.tags, a.group, a.split, a.state) == (
        ("blurred",),
        "p1",
        Split.TEST,
        ImageState.LABELLED,
    )
    assert b.state is ImageState.DRAFT


def test_suggestions_stay_suggestions(project: Project, said: Said, tmp_path: Path) -> None:
    guess = ReadShape(
        "box", "cell", box=(1, 2, 30, 20), confidence=0.75, suggestion=True, author="net"
    )
    said.images = [ReadImage("a.png", (guess,), complete=False)]
    report = import_source(project, tmp_path / "source")
    assert (report.annotations, report.suggestions) == (0, 1)
    with project.read() as db:
        assert not of_images(db)
        ((shape,),) = of_images(db, suggestions=True).values()
    assert shape.provenance.confidence == 0.75
    assert rows(project)["a.png"].state is ImageState.UNLABELLED
    assert import_source(project, tmp_path / "source").shapes == {"same": 1}


def test_shapes_lie_in_the_order_of_the_file(project: Project, said: Said, tmp_path: Path) -> None:
    boxes = [ReadShape("box", "cell", box=(n, n, 20, 20)) for n in (5.0, 1.0, 3.0)]
    said.images = [ReadImage("a.png", tuple(boxes))]
    import_source(project, tmp_path / "source")
    with project.read() as db:
        ((*found,),) = of_images(db).values()
    assert [shape.x for shape in found] == [5.0, 1.0, 3.0]


def test_a_label_that_a_person_set_is_not_set_aside(
    project: Project, said: Said, tmp_path: Path
) -> None:
    said.images = [ReadImage("a.png", (ReadShape("image_label", "round"),))]
    import_source(project, tmp_path / "source", ImportOptions(label_map={"round": None}))
    add_labels(project, ["flat"])
    flat = label_named(project, "flat").id
    assign_label(project, [rows(project)["a.png"].id], flat)
    report = import_source(project, tmp_path / "source")
    assert "data.labels_kept" in {notice.code for notice in report.warnings}
    assert rows(project)["a.png"].labels == (flat,)


NASTY = [
    "\ud800.png",
    "a\0b.png",
    "x" * 300 + ".png",
    "😀 [1] (2).png",
    "..",
    "/",
    "con.png",
]


@pytest.mark.parametrize("name", NASTY)
@pytest.mark.parametrize("inside", [False, True])
def test_names_that_no_file_can_have_end_in_a_line(
    project: Project, said: Said, tmp_path: Path, name: str, inside: bool
) -> None:
    shape = ReadShape("box", "\ud800", box=(1, 2, 30, 20), group="\ud800", author="\0\ud800")
    more = {"\ud800": ["\ud800", float("nan")]}
    said.images = [ReadImage(name, (shape,), tags=("\ud800",), group="\ud800\0", extras=more)]
    said.embedded = {name: picture(9)} if inside else {}
    report = import_source(project, tmp_path / "source")
    json.dumps([report.to_json(), report.found_labels], ensure_ascii=False).encode()
    if inside:
        assert report.images_added == 3
        assert report.annotations == 1
    else:
        assert report.images_added + report.images_missing >= 2
    again = import_source(project, tmp_path / "source")
    assert again.images_added == 0
