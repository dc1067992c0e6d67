"""Files that other tools wrote: the same four pictures in ten formats, and whole sets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tlstudio.domain.annotations import Annotation
from tlstudio.domain.images import ImageState
from tlstudio.domain.shapes import Bounds, bounds
from tlstudio.services.datasets import ImportOptions, ImportReport, import_source
from tlstudio.storage import images, imported, labels
from tlstudio.storage.annotations import of_images
from tlstudio.storage.project import Project

pytestmark = pytest.mark.shared

CVAT_FAMILY = ("coco1.0", "cvat1.1", "labelme3.0", "voc1.1", "yolo1.1")
"""Saved by one tool from one drawing; the others were drawn again by hand, pixels apart."""

ALL = (*CVAT_FAMILY, "labelme", "labelImg", "via", "yolo")

FORMATS = {
    "coco1.0": "coco",
    "cvat1.1": "cvat",
    "labelme3.0": "labelme-xml",
    "voc1.1": "voc",
    "yolo1.1": "yolo",
    "labelme": "labelme",
    "labelImg": "voc",
    "via": "via",
    "yolo": "yolo",
}

KINDS = {
    "coco1.0": {"box": 18, "polygon": 3, "mask": 2},
    "cvat1.1": {"box": 18, "polygon": 5},
    "labelme3.0": {"box": 18, "polygon": 3, "mask": 2},
    "voc1.1": {"box": 18, "mask": 2},
    "yolo1.1": {"box": 18},
    "labelme": {"box": 18, "polygon": 5},
    "labelImg": {"box": 25},
    "via": {"box": 18, "polygon": 5},
    "yolo": {"box": 25},
}
"""Boxes everywhere; outlines and ellipses as far as the format has words for them. A box format
of a hand that drew boxes only has the polyline and the crack as boxes too."""


class Set:
    """A project of one import."""

    def __init__(self, project: Project, folder: Path, report: ImportReport) -> None:
        self.project, self.folder, self.report = project, folder, report
        with project.read() as db:
            ids = [source.image for source in images.sources(db)]
            self.rows = {row.name: row for row in images.rows(db, ids)}
            self.names = {label.id: label.name for label in labels.all_labels(db)}
            by_image = of_images(db)
            self.attributes = imported.attributes(db, ids)
        self.shapes: Mapping[str, list[Annotation]] = {
            name: by_image.get(row.id, []) for name, row in self.rows.items()
        }

    def places(self, image: str, label: str = "") -> list[Bounds]:
        found = [s for s in self.shapes[image] if label in ("", self.names[s.label])]
        return sorted(place for shape in found if (place := bounds(shape)) is not None)


Load = Callable[..., Set]


@pytest.fixture
def load(tmp_path: Path, shared: Path) -> Iterator[Load]:
    """`load("coco1.0")`: that folder imported into a project of its own."""
    opened: list[Project] = []

    def make(name: str, options: ImportOptions | None = None) -> Set:
        folder = shared / "data" / "interchange" / "one_set_ten_formats" / name
        place = tmp_path / f"{name}{len(opened)}.tlproj"
        project = Project.create(place, name="p", task="detection")
        opened.append(project)
        return Set(project, folder, import_source(project, folder, options))

    yield make
    for project in opened:
        project.close()


def apart(one: list[Bounds], other: list[Bounds]) -> float:
    """The largest difference of a number between each box and the one nearest to it."""
    assert len(one) == len(other)
    left = list(other)
    worst = 0.0
    for place in one:
        gaps = [max(abs(a - b) for a, b in zip(place, each, strict=True)) for each in left]
        nearest = min(range(len(left)), key=gaps.__getitem__)
        worst = max(worst, gaps[nearest])
        left.pop(nearest)
    return worst


@pytest.mark.parametrize("name", ALL)
def test_the_format_is_recognised_and_every_shape_it_holds_comes_in(name: str, load: Load) -> None:
    found = load(name)
    assert found.report.format == FORMATS[name]
    assert found.report.kinds == KINDS[name]
    assert (found.report.images_added, found.report.images_missing) == (4, 0)
    assert set(found.rows) == {"birds.jpg", "crack.jpeg", "shapes.jpg", "strawberry.jpg"}
    assert found.report.labels["strawberry"] == 17
    again = import_source(found.project, found.folder)
    assert again.shapes == {"same": sum(KINDS[name].values())}
    assert again.images_added == 0


@pytest.mark.parametrize("name", CVAT_FAMILY[1:])
def test_one_drawing_is_the_same_from_every_format(name: str, load: Load) -> None:
    drawn, found = load("cvat1.1"), load(name)

    def differ(image: str, label: str = "") -> float:
        return apart(drawn.places(image, label), found.places(image, label))

    assert differ("strawberry.jpg") < 0.01
    assert differ("shapes.jpg", "rectangle") < 0.01
    if KINDS[name].get("polygon"):
        assert differ("birds.jpg") < 0.01
        assert differ("shapes.jpg", "triangle") < 0.01
    if KINDS[name].get("mask"):
        assert differ("shapes.jpg", "ellipse") <= 2  # pixels of a raster against an outline


@pytest.mark.parametrize("name", ["labelme", "labelImg", "via", "yolo"])
def test_what_another_hand_drew_lies_in_the_same_places(name: str, load: Load) -> None:
    drawn, found = load("coco1.0"), load(name)
    for image, label in (("strawberry.jpg", ""), ("birds.jpg", ""), ("shapes.jpg", "triangle")):
        assert apart(drawn.places(image, label), found.places(image, label)) < 25


@pytest.mark.parametrize("name", ["cvat1.1", "labelme", "via"])
def test_points_and_lines_are_kept_and_counted(name: str, load: Load) -> None:
    found = load(name)
    assert found.report.not_trainable == 2
    kept = {row.name for row in found.rows.values() if row.id in found.attributes}
    assert kept == {"crack.jpeg", "shapes.jpg"}
    # A line says that something is there, so the image is no example of nothing.
    assert found.rows["crack.jpeg"].state is ImageState.DRAFT


def test_an_image_listed_without_objects_is_one_with_nothing_in_it(load: Load) -> None:
    found = load("coco1.0")
    assert not found.shapes["crack.jpeg"]
    assert found.rows["crack.jpeg"].state is ImageState.LABELLED


@pytest.mark.parametrize("name", ALL)
def test_a_dry_run_tells_what_the_import_does(name: str, load: Load) -> None:
    told = load(name, ImportOptions(dry_run=True))
    assert not told.rows
    assert told.report.to_json() == load(name).report.to_json()


def test_blood_smears_come_in_with_their_ready_made_splits(tmp_path: Path, shared: Path) -> None:
    with Project.create(tmp_path / "b.tlproj", name="b", task="detection") as project:
        options = ImportOptions(copy=False)
        report = import_source(project, shared / "data" / "bccd", options)
        assert report.format == "voc"
        assert report.images == 364
        assert report.kinds == {"box": 4886}
        assert report.labels == {"Platelets": 361, "RBC": 4153, "WBC": 372}
        assert report.splits == {"train": 205, "val": 87, "test": 72}
        small = {Path(s.file).stem for s in report.skipped if s.reason == "data.shape_small"}
        assert small == {"BloodImage_00338", "BloodImage_00343"}
        states = Counter(row.state for row in Set(project, tmp_path, report).rows.values())
        assert states == {ImageState.LABELLED: 364}
