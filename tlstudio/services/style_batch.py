"""Stylings of files and folders: one picture after another in one worker, each into a file."""

from __future__ import annotations

import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlstudio.domain.errors import Cancelled, UserError
from tlstudio.domain.events import Event
from tlstudio.domain.style_history import StylingEntry, StylingKind
from tlstudio.domain.styling import (
    RESULT_ENDINGS,
    StyleSettings,
    StyleSource,
    Styling,
    check_result_name,
)
from tlstudio.imaging.reading import SUFFIXES
from tlstudio.services._kept_models import Item
from tlstudio.services._picture_names import PictureNames, relative_to_one
from tlstudio.services._scratch import scratch
from tlstudio.services._style_worker import StyledPicture, StyleWorker
from tlstudio.services.predictions import items_of
from tlstudio.services.style_history import add_to_project, is_same_file, keep, record
from tlstudio.services.styling import feature_weights
from tlstudio.storage import paths

if TYPE_CHECKING:
    from tlstudio.domain.images import Split
    from tlstudio.services.restyling import RestyleReport
    from tlstudio.storage.project import Project

__all__ = ["Added", "Adding", "BatchReport", "StyleBatch", "StyledFile", "add_restyled"]

OnFile = Callable[[str, int, int], None]
"""(path of the content, its place from 1, how many there are), as each begins."""


@dataclass(frozen=True, slots=True)
class StyledFile:
    """A picture at `made.file` that was made from `content` (`frame` where its file holds several);
    `entry` is its number in the project's history, `image` that of the image it became."""

    content: str
    made: StyledPicture
    frame: int | None = None
    entry: int | None = None
    image: int | None = None

    def to_json(self) -> dict[str, Any]:
        made = self.made
        told = {
            "content": self.content,
            "out": str(made.file),
            "width": made.width,
            "height": made.height,
            "seconds": made.seconds,
            "steps": made.steps,
            "losses": dict(made.losses),
            "ended": made.ended,
        }
        more = {"frame": self.frame, "entry": self.entry, "image": self.image}
        return told | {name: value for name, value in more.items() if value is not None}


@dataclass(frozen=True, slots=True)
class BatchReport:
    """`out` is the file of a single picture, else the folder. `skipped` contents could not be
    read or styled: {file, code, params}; `remaining` were not begun when it was stopped;
    `held_back` were to be learned from and are not, as what they were made from is tested on."""

    out: str
    pictures: list[StyledFile] = field(default_factory=list)
    skipped: list[dict[str, Any]] = field(default_factory=list)
    remaining: int = 0
    held_back: int = 0

    @property
    def ended(self) -> str:
        """completed, user (stopped), or time (a picture's limit)."""
        ways = {each.made.ended for each in self.pictures}
        if self.remaining or "user" in ways:
            return "user"
        return "time" if "time" in ways else "completed"


@dataclass(frozen=True, slots=True)
class Added:
    """The images that pictures became, in their order; `held_back` as in BatchReport."""

    images: list[int | None]
    held_back: int


@dataclass(frozen=True, slots=True)
class Adding:
    """Whether pictures become images of the project: `split` is train or None. See made_here."""

    with_labels: bool = False
    split: Split | None = None


class StyleBatch:
    """Styles `contents` (files and folders of files) one after another.

    `out` is a folder, or for one picture a file; with a project it may be None, and the pictures
    are in its history only. Pictures in a folder keep their place and get names that nobody has
    yet; a picture that something is made from is never written over. Making one checks all that
    can be known before the first step. Raises UserError: weights.absent, styling.*,
    predict.no_file, predict.no_images, data.file_missing, project.read_only.
    """

    def __init__(
        self,
        contents: Sequence[Path],
        sources: Sequence[StyleSource],
        settings: StyleSettings,
        out: Path | None,
        *,
        weights: str = "default",
        frame: int | None = None,
        project: Project | None = None,
        adding: Adding | None = None,
    ) -> None:
        self._sources, self._settings = tuple(sources), settings
        self._weights = feature_weights(settings.network, weights)
        self._project, self._adding = project, adding
        if project is not None and project.read_only:
            raise UserError("project.read_only", file=str(project.folder))
        self._items = items_of(contents) if frame is None else _one_frame(contents, frame)
        if not self._items:
            raise UserError("predict.no_images", file=str(contents[0]))
        _check_there(self._sources)
        self._styling(self._items[0])  # its UserErrors: too many styles, none
        self._roots = [Path(each).expanduser().absolute() for each in contents]
        self._out = _checked_out(out, self._items, self._sources, self._roots)
        self._worker = StyleWorker()
        self._stopping = threading.Event()

    def __len__(self) -> int:
        return len(self._items)

    def run(self, on_event: Callable[[Event], None], on_file: OnFile) -> BatchReport:
        """Make the pictures; waits for them. `on_event` is called on threads of the worker.

        One that cannot be read or made is skipped and named; where none could be made its error is
        raised. UserError("styling.cancelled") after `cancel`; what was made before stays.
        """
        report = BatchReport(str(self._out if self._out is not None else self._history()))
        frames = Counter(item.path for item in self._items)
        places = self._places(frames)
        added: list[int] = []
        try:
            for number, item in enumerate(self._items):
                if self._stopping.is_set():
                    left = len(self._items) - number
                    return replace(report, remaining=left, held_back=sum(added))
                on_file(item.path, number + 1, len(self._items))
                frame = item.frame if frames[item.path] > 1 else None
                try:
                    made = self._make(item, places[item.key], on_event)
                except Cancelled:
                    raise UserError("styling.cancelled", file=report.out) from None
                except UserError as error:
                    self._skip(report, item, error)
                    continue
                report.pictures.append(self._kept(item, made, frame, added))
        finally:
            self._worker.close()
        if not any(root.is_dir() for root in self._roots) and len(report.pictures) == 1:
            report = replace(report, out=str(report.pictures[0].made.file))
        return replace(report, held_back=sum(added))

    def stop(self) -> None:
        """End the picture at work with what is there; no other is begun."""
        self._stopping.set()
        self._worker.stop()

    def _hear(self, event: Event, on_event: Callable[[Event], None]) -> None:
        """A stop that came between two pictures is said again to the one that was begun."""
        if self._stopping.is_set():
            self._worker.stop()
        on_event(event)

    def cancel(self) -> None:
        """Give up the picture at work; no other is begun."""
        self._stopping.set()
        self._worker.close()

    def _styling(self, item: Item) -> Styling:
        return Styling(item.path, item.frame, self._sources, self._settings)

    def _history(self) -> Path:
        assert self._project is not None
        return self._project.folder / "styles"

    def _places(self, frames: Counter[str]) -> dict[str, Path]:
        """Where each picture goes, by the key of its item."""
        out = self._out
        if out is not None and _names_file(out):
            return {self._items[0].key: out}
        folder = scratch("style-made") if out is None else out
        names = PictureNames(folder)
        return {
            item.key: folder
            / names.give(
                relative_to_one(Path(item.path), self._roots),
                item.frame if frames[item.path] > 1 else None,
            )
            for item in self._items
        }

    def _make(self, item: Item, place: Path, on_event: Callable[[Event], None]) -> StyledPicture:
        place.parent.mkdir(parents=True, exist_ok=True)
        hear = partial(self._hear, on_event=on_event)
        return self._worker.make(self._styling(item), self._weights, place, on_event=hear)

    def _skip(self, report: BatchReport, item: Item, error: UserError) -> None:
        """Note what could not be made; raise it where it is all there is, or concerns all."""
        if len(self._items) == 1 or error.code in _OF_ALL:
            raise error
        params = {name: value for name, value in error.params.items() if name != "file"}
        report.skipped.append({"file": item.path, "code": error.code, "params": params})
        if len(report.skipped) == len(self._items):
            raise error

    def _kept(
        self, item: Item, made: StyledPicture, frame: int | None, held: list[int]
    ) -> StyledFile:
        found = StyledFile(item.path, made, frame)
        if self._project is None:
            return found
        entry = keep(self._project, self._styling(item), made)
        found = replace(found, entry=entry.id)
        if self._out is None:
            made.file.unlink(missing_ok=True)
            lies = replace(made, file=self._project.folder / entry.result)
            found = replace(found, made=lies)
        if self._adding is None:
            return found
        wish = self._adding
        added = add_to_project(
            self._project, entry.id, with_labels=wish.with_labels, split=wish.split
        )
        held.append(added.held_back)
        return replace(found, image=added.images[0])


def add_restyled(project: Project, report: RestyleReport, adding: Adding) -> Added:
    """Make the pictures of a stylizer images of the project, through its history. Raises as
    style_history.record and add_to_project."""
    images: list[int | None] = []
    held = 0
    for each in report.pictures:
        entry = StylingEntry(
            id=0,
            kind=StylingKind.STYLIZER,
            content_path=str(paths.resolve(project.folder, each.image)),
            content_frame=each.frame or 0,
            sources=({"run": report.run},),
            width=each.width,
            height=each.height,
        )
        number = record(project, entry, Path(each.file)).id
        added = add_to_project(project, number, with_labels=adding.with_labels, split=adding.split)
        images += added.images
        held += added.held_back
    return Added(images, held)


_OF_ALL = frozenset({"styling.weights", "job.not_started", "styling.out"})
"""Errors that would meet every picture."""


def _one_frame(contents: Sequence[Path], frame: int) -> list[Item]:
    """The one picture that is asked for; UserError where there are several contents."""
    if len(contents) != 1 or Path(contents[0]).is_dir():
        raise UserError("styling.frame_of_one")
    (item, *_) = items_of(contents)
    return [replace(item, key=item.path, frame=frame)]


def _check_there(sources: Sequence[StyleSource]) -> None:
    for source in sources:
        for path in (source.path, source.region):
            if path is not None and not Path(path).is_file():
                raise UserError("data.file_missing", file=path)


def _names_file(place: Path) -> bool:
    """Whether `place` names a picture and not a folder."""
    return place.suffix.lower() in (*RESULT_ENDINGS, *SUFFIXES) and not place.is_dir()


def _checked_out(
    out: Path | None, items: Sequence[Item], sources: Sequence[StyleSource], roots: Sequence[Path]
) -> Path | None:
    """The place, made and tried, so that nobody waits for a picture that cannot be written."""
    if out is None:
        return None
    place = Path(out).expanduser().absolute()
    if not _names_file(place):
        if place.is_file():
            raise UserError("styling.out_is_file", file=str(place))
        _try_folder(place)
        return place
    if len(items) > 1 or any(root.is_dir() for root in roots):
        raise UserError("styling.one_file", file=str(place), count=len(items))
    check_result_name(str(place))
    used = [items[0].path]
    used += [path for each in sources for path in (each.path, each.region) if path is not None]
    if any(is_same_file(place, Path(path)) for path in used):
        raise UserError("styling.over_source", file=str(place))
    _try_folder(place.parent)
    return place


def _try_folder(folder: Path) -> None:
    """Make the folder and write something into it; UserError("styling.out")."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError("styling.out", file=str(folder), reason=reason) from error
