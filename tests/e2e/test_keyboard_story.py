"""From the gallery to an image with shapes that is labelled and reviewed, without a mouse."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.e2e.driven.hand import Session, virtual_screen
from tlstudio.domain.annotations import Box, Mask, Polygon
from tlstudio.domain.images import ImageQuery, ImageState
from tlstudio.services.datasets import import_source
from tlstudio.services.images import find_images, image_rows
from tlstudio.services.projects import create_project, open_project
from tlstudio.services.workbench import open_image

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="virtual screens are X11's"),
]


def press(session: Session, *keys: str) -> None:
    for key in keys:
        session.hand.key(key)
    session.settle()


def shapes(session: Session, count: int) -> None:
    session.wait_for(lambda: session.ask("image")["shapes"] == count, f"shape {count}")


def test_a_box_a_polygon_and_a_mask_by_keys_alone(tmp_path: Path) -> None:
    source = tmp_path / "pictures"
    source.mkdir()
    for n in range(2):
        Image.new("RGB", (320, 240), (180, 90 + n, 120)).save(source / f"p{n}.png")
    folder = tmp_path / "keys.tlproj"
    with create_project(folder, task="detection", labels=["cell", "dirt"]) as project:
        import_source(project, source)

    with virtual_screen() as display:
        session = Session(display, folder)
        try:
            session.settle()
            press(session, "Right", "Enter")
            session.wait_for(lambda: session.ask("image")["drawn"], "the image")
            image = session.ask("image")["id"]
            press(session, "R", "2", "Enter")
            shapes(session, 1)
            press(session, "Shift+Right", *["Ctrl+Shift+Down"] * 3)
            press(session, "P", "1", "Escape", *["Alt+Left"] * 12, "Alt+Enter")
            press(session, *["Alt+Down"] * 12, "Alt+Enter", *["Alt+Right"] * 12, "Alt+Enter")
            press(session, "Enter")
            shapes(session, 2)
            press(session, "B", *["Alt+Up"] * 12, "Alt+B", *["Alt+Up"] * 8, "Alt+B")
            shapes(session, 3)
            press(session, "Ctrl+Enter", "Ctrl+Enter")
            session.wait_for(
                lambda: "1 of 2 labelled" in session.ask("text", name="positionText"), "the state"
            )
            session.settle()
        finally:
            session.kill()

    with open_project(folder) as project:
        rows = image_rows(project, find_images(project, ImageQuery()))
        states = {row.id: row.state for row in rows}
        assert states.pop(image) is ImageState.REVIEWED
        assert list(states.values()) == [ImageState.UNLABELLED]
        drawn = open_image(project, image).annotations
    box, polygon, mask = drawn
    assert isinstance(box, Box)
    assert isinstance(polygon, Polygon)
    assert isinstance(mask, Mask)
    assert box.h == pytest.approx(box.w + 3)
    assert box.label != polygon.label == mask.label
