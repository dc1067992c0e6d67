"""The Style page with a desk that answers at once, so that no worker has to be started."""

from __future__ import annotations

import queue
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tlstudio.domain.changes import Changes
from tlstudio.domain.errors import Cancelled, UserError
from tlstudio.domain.events import Event, Preview
from tlstudio.domain.style_history import StylingEntry, StylingKind
from tlstudio.domain.styling import Styling
from tlstudio.services._style_worker import StyledPicture


def write_picture(file: Path, colour: tuple[int, int, int], size: tuple[int, int]) -> Path:
    """A plain picture of `size` (width, height)."""
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((size[1], size[0], 3), colour, np.uint8)).save(file)
    return file


@pytest.fixture
def pictures(tmp_path: Path) -> dict[str, Path]:
    """A red content of 80 x 60 and two styles."""
    return {
        "content": write_picture(tmp_path / "given" / "town.png", (200, 0, 0), (80, 60)),
        "night": write_picture(tmp_path / "given" / "night.png", (0, 0, 200), (64, 64)),
        "wave": write_picture(tmp_path / "given" / "wave.png", (0, 160, 160), (50, 64)),
    }


@dataclass
class Asked:
    """One request as it reached the desk, and how it goes on."""

    styling: Styling
    start_from: str | None
    tell: Callable[[Event], None]
    answer: queue.SimpleQueue[Any]


class Desk:
    """Stands where services.styling stands: waits for what a test lets it answer."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.asked: list[Asked] = []
        self.entries: list[StylingEntry] = []
        self.calls: list[tuple[Any, ...]] = []

    # -- what a test does ---------------------------------------------------------------------

    def preview(self, step: int, colour: tuple[int, int, int] = (0, 0, 200)) -> None:
        """Let the newest request show a picture."""
        file = write_picture(self._folder / f"preview-{step}.png", colour, (40, 30))
        self.asked[-1].tell(
            Preview(str(len(self.asked)), step, 100, str(file), 40, 30, 1.0, 12.0, {"total": 1.0})
        )

    def finish(self, ended: str = "completed", colour: tuple[int, int, int] = (0, 200, 0)) -> None:
        """Let the newest request come to its end."""
        file = write_picture(self._folder / f"made-{len(self.asked)}.png", colour, (80, 60))
        made = StyledPicture(file, 80, 60, 100, 9.0, {"total": 0.5}, ended=ended)
        self.asked[-1].answer.put(made)

    def fail(self, error: Exception) -> None:
        self.asked[-1].answer.put(error)

    # -- what the page calls ------------------------------------------------------------------

    def wake(self) -> None:
        self.calls.append(("wake",))

    def rest(self) -> None:
        self.calls.append(("rest",))
        for each in self.asked:
            each.answer.put(Cancelled())

    def request(
        self, _project: object, styling: Styling, *, start_from: str | None = None, on_event: Any
    ) -> StyledPicture:
        for each in self.asked:
            each.answer.put(UserError("style.replaced"))
        self.asked.append(Asked(styling, start_from, on_event, queue.SimpleQueue()))
        answer = self.asked[-1].answer.get(timeout=60)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def stop(self, _project: object = None) -> None:
        self.calls.append(("stop",))

    def keep(
        self, project: Any, styling: Styling, made: StyledPicture, *, content_image: int | None
    ) -> StylingEntry:
        number = len(self.entries) + 1
        place = project.folder / "styles" / f"{number:04d}.png"
        place.parent.mkdir(exist_ok=True)
        shutil.copyfile(made.file, place)
        entry = StylingEntry(
            id=number,
            kind=StylingKind.OPTIMISED,
            content_path=styling.content_path,
            content_image=content_image,
            sources=tuple(asdict(each) for each in styling.sources),
            settings=styling.settings.to_json(),
            result=f"styles/{number:04d}.png",
            width=made.width,
            height=made.height,
            seconds=made.seconds,
        )
        self.entries.insert(0, entry)
        return entry

    def history(self, _project: object) -> list[StylingEntry]:
        return list(self.entries)

    def thumbnails(self, project: Any, ids: list[int]) -> dict[int, bytes]:
        return {n: (project.folder / "styles" / f"{n:04d}.png").read_bytes() for n in ids}

    def delete(self, _project: object, ids: list[int]) -> Changes:
        self.calls.append(("delete", list(ids)))
        self.entries = [each for each in self.entries if each.id not in ids]
        return Changes()

    def save_image(self, _project: object, entry: int, file: Path) -> Path:
        self.calls.append(("save", entry, file))
        return file

    def add_to_project(self, _project: object, entry: int, *, with_labels: bool) -> None:
        self.calls.append(("add", entry, with_labels))
        self.entries = [
            replace(each, saved_image=77) if each.id == entry else each for each in self.entries
        ]


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Desk:
    made = Desk(tmp_path / "desk")
    monkeypatch.setitem(sys.modules, "tlstudio.services.styling", made)
    return made


@pytest.fixture
def styling(driver, desk: Desk, tmp_path: Path):
    """The window with an empty project at its Style page; `tab` is the first tab."""
    from tlstudio.services.projects import create_project

    driver.context.set_project(create_project(tmp_path / "work.tlproj", name="Work"))
    return at_style(driver, desk)


@pytest.fixture
def styling_images(opened, desk: Desk):
    """The same with 18 images in the project."""
    return at_style(opened, desk)


def at_style(driver, desk: Desk):
    """`settle_asked` waits for so many requests."""
    driver.desk = desk
    driver.settle_asked = lambda n: driver.until(lambda: len(desk.asked) >= n)
    driver.click("rail_style")
    driver.settle(lambda: driver.window.page("style") is not None)
    driver.tab = driver.window.page("style").tab("style")
    return driver
