"""Twenty blood smears boxed from scratch by mouse and keys on a real (virtual) screen.

With TLSTUDIO_PICTURES set to a folder, pictures of the window are left there for the guide.
"""

from __future__ import annotations

import os
import sys
from itertools import groupby
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.e2e.driven.hand import Session, virtual_screen
from tlstudio.domain.annotations import Annotation, Box
from tlstudio.domain.images import ImageQuery
from tlstudio.services.datasets import import_source
from tlstudio.services.images import find_images, image_rows
from tlstudio.services.projects import create_project, open_project
from tlstudio.services.workbench import open_image

LABELS = ("RBC", "WBC", "Platelets")
SMEARS = 20

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="virtual screens are X11's"),
]

Truth = list[tuple[str, float, float, float, float]]


def boxes_of(file: Path) -> Truth:
    """(label, left, top, right, bottom) of every box with an area, label by label."""
    found: Truth = []
    for item in ElementTree.parse(file).getroot().iter("object"):  # noqa: S314 (our own file)
        edges = {name: float(item.findtext(f"bndbox/{name}") or 0) for name in _EDGES}
        left, top, right, bottom = (edges[name] for name in _EDGES)
        if right > left and bottom > top:
            found.append((item.findtext("name") or "", left, top, right, bottom))
    return sorted(found, key=lambda box: LABELS.index(box[0]))


_EDGES = ("xmin", "ymin", "xmax", "ymax")


def overlap(first: tuple[float, ...], second: tuple[float, ...]) -> float:
    """Intersection over union of two boxes given by their edges."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    shared = max(0.0, width) * max(0.0, height)
    area = sum((b[2] - b[0]) * (b[3] - b[1]) for b in (first, second))
    return shared / (area - shared)


def box_smear(session: Session, truth: Truth, picture: str = "") -> None:
    """Draw every box of one image: pick the label by its key, drag from corner to corner."""
    session.hand.key("R")
    session.wait_for(lambda: session.ask("image")["tool"] == "box", "the box tool")
    drawn = 0
    for name, same in groupby(truth, key=lambda box: box[0]):
        session.hand.key(str(LABELS.index(name) + 1))
        for _, left, top, right, bottom in same:
            start, end = session.ask("spot", x=left, y=top), session.ask("spot", x=right, y=bottom)
            session.hand.drag(tuple(start), tuple(end))
            drawn += 1
            session.wait_for(lambda n=drawn: session.ask("image")["shapes"] == n, f"box {drawn}")
    if picture:
        session.settle()
        session.ask("grab", file=picture)


def test_twenty_smears_boxed_by_hand(shared: Path, tmp_path: Path) -> None:
    smears = shared / "data" / "bccd"
    names = (smears / "ImageSets" / "Main" / "train.txt").read_text().split()[:SMEARS]
    source = tmp_path / "smears"
    source.mkdir()
    for name in names:
        (source / f"{name}.jpg").write_bytes((smears / "JPEGImages" / f"{name}.jpg").read_bytes())
    truth = {name: boxes_of(smears / "Annotations" / f"{name}.xml") for name in names}
    folder = tmp_path / "smears.tlproj"
    with create_project(folder, task="detection", labels=LABELS) as project:
        import_source(project, source)
        ids = find_images(project, ImageQuery())
        order = [Path(row.name).stem for row in image_rows(project, ids)]
    pictures = os.environ.get("TLSTUDIO_PICTURES", "")

    with virtual_screen() as display:
        session = Session(display, folder)
        try:
            session.settle()
            session.hand.key("Ctrl+3")
            for place, image in enumerate(ids):
                session.wait_for(
                    lambda image=image: (
                        session.ask("image")["id"] == image and session.ask("image")["drawn"]
                    ),
                    f"image {image}",
                )
                picture = f"{pictures}/label-boxes.png" if pictures and place == 3 else ""
                box_smear(session, truth[order[place]], picture)
                session.hand.key("D" if place < len(ids) - 1 else "Ctrl+Enter")
            done = f"{SMEARS} of {SMEARS} labelled"
            session.wait_for(lambda: done in session.ask("text", name="positionText"), done)
        finally:
            session.kill()  # nothing may depend on a tidy end

    with open_project(folder) as project:
        states = {row.state.value for row in image_rows(project, ids)}
        for image, name in zip(ids, order, strict=True):
            drawn = open_image(project, image).annotations
            assert_same(drawn, truth[name], {label: n for n, label in enumerate(LABELS, 1)})
    assert states == {"labelled"}


def assert_same(drawn: list[Annotation], truth: Truth, ids: dict[str, int]) -> None:
    """Each box that was meant is there once, with its label, within a screen pixel or so."""
    left = [box for box in drawn if isinstance(box, Box)]
    assert len(left) == len(truth)
    for name, *edges in truth:
        same = [box for box in left if box.label == ids[name]]
        best = max(same, key=lambda b: overlap((b.x, b.y, b.x + b.w, b.y + b.h), tuple(edges)))
        found = (best.x, best.y, best.x + best.w, best.y + best.h)
        assert max(abs(a - b) for a, b in zip(found, edges, strict=True)) <= 2
        left.remove(best)
