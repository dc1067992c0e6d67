"""What a writer is given, what it answers, and the count of all that its format cannot hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tlstudio.domain.images import ImageState, Split
from tlstudio.domain.progress import Cancel, Progress, Step
from tlstudio.formats.annotation_set import ReadShape

KINDS = ("image_label", "box", "polygon", "mask")
_OFTEN = 200


@dataclass(frozen=True, slots=True)
class OutLabel:
    """A label of the project: `colour` as #RRGGBB, `parent` by name."""

    name: str
    colour: str
    parent: str | None = None
    role: str = "normal"


@dataclass(frozen=True, slots=True)
class OutImage:
    """One image: `name` is unique, safe on every system, "/" between levels; sizes in pixels.

    `shapes` are in the order they lie, lowest first, with masks' pixels in `bitmap`.
    """

    id: int
    name: str
    width: int
    height: int
    shapes: tuple[ReadShape, ...]
    state: ImageState = ImageState.LABELLED
    split: Split | None = None
    group: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Export:
    """All that is to be written: every label, used or not, and `total` images, made one by one
    each time `images` is called."""

    labels: tuple[OutLabel, ...]
    total: int
    images: Callable[[], Iterable[OutImage]]

    def numbers(self, first: int) -> dict[str, int]:
        """A number for each label, by its name, counted from `first`."""
        return {label.name: first + place for place, label in enumerate(self.labels)}


@dataclass(frozen=True, slots=True)
class WriteReport:
    """Ids of the images that the files list, how many `annotations` are in them, and by message
    code how often something was lost or changed."""

    listed: tuple[int, ...]
    annotations: int
    losses: dict[str, int]

    @property
    def images(self) -> int:
        return len(self.listed)


@dataclass(frozen=True, slots=True)
class Writer:
    """One format. `stems`: a label file is found by the image's name without its ending, so that
    no two images may share it. `place` says where in the folder an image's own file belongs."""

    name: str
    stems: bool
    place: Callable[[OutImage], str]
    write: Callable[[Export, Path, Progress, Cancel], WriteReport]


HOLDABLE = frozenset(
    {*KINDS, "states", "image_groups", "tags", "splits", "instances", "groups", "crowd",
     "attributes", "confidence", "authors", "suggestions"}
)  # fmt: skip
"""What a format may hold: kinds of annotations, and facts of images and annotations."""


class Tally:
    """Walks through the images of an export and counts what the format does not hold.

    `holds` are members of HOLDABLE; a kind that is not among them is left out of the shapes.
    """

    def __init__(self, export: Export, holds: frozenset[str]) -> None:
        if not holds <= HOLDABLE:
            raise ValueError(f"nothing known of {sorted(holds - HOLDABLE)}")
        self._export = export
        self._kinds = holds & frozenset(KINDS)
        self._lacks = HOLDABLE - holds
        self._listed: list[int] = []
        self.annotations = 0
        self.losses: Counter[str] = Counter()
        roles = sum(label.role != "normal" for label in export.labels)
        self.lose("export.lost.roles", roles)

    @property
    def images(self) -> int:
        """How many are listed so far."""
        return len(self._listed)

    def lose(self, code: str, count: int = 1) -> None:
        if count:
            self.losses[code] += count

    def walk(self, progress: Progress, cancel: Cancel) -> Iterator[OutImage]:
        """The images to be listed, with the shapes that the format holds.

        Images nobody has labelled are left out, for to be listed without anything means
        "nothing in it"; so are those of which the format could hold nothing.
        """
        for done, image in enumerate(self._export.images()):
            if done % _OFTEN == 0:
                cancel.check()
                progress(Step("export.stage.labels", done, self._export.total))
            shapes = tuple(shape for shape in image.shapes if shape.kind in self._kinds)
            if not image.shapes and image.state in (ImageState.UNLABELLED, ImageState.DRAFT):
                self.lose("export.left_out.unlabelled")
                continue
            for shape in image.shapes:
                if shape.kind not in self._kinds:
                    self.lose(f"export.lost.{shape.kind}")
            if image.shapes and not shapes:
                self.lose("export.left_out.not_held")
                continue
            self._count(image, shapes)
            self._listed.append(image.id)
            self.annotations += len(shapes)
            if len(shapes) == len(image.shapes):
                yield image
            else:
                yield _with(image, shapes)
        progress(Step("export.stage.labels", self._export.total, self._export.total))

    def _count(self, image: OutImage, shapes: Iterable[ReadShape]) -> None:
        lacks, lose = self._lacks, self.lose
        if "states" in lacks and image.state is not ImageState.LABELLED:
            lose("export.lost.states")
        if "image_groups" in lacks and image.group:
            lose("export.lost.image_groups")
        if "tags" in lacks and image.tags:
            lose("export.lost.tags")
        if "splits" in lacks and image.split is not None:
            lose("export.lost.splits")
        for shape in shapes:
            if shape.instance is not None and "instances" in lacks:
                lose("export.lost.instances")
            if shape.group is not None and "groups" in lacks:
                lose("export.lost.groups")
            if shape.crowd and "crowd" in lacks:
                lose("export.lost.crowd")
            if shape.attributes and "attributes" in lacks:
                lose("export.lost.attributes")
            if shape.confidence is not None and "confidence" in lacks:
                lose("export.lost.confidence")
            if shape.author and "authors" in lacks:
                lose("export.lost.authors")
            if shape.suggestion and "suggestions" in lacks:
                lose("export.lost.suggestions")

    def report(self) -> WriteReport:
        return WriteReport(tuple(self._listed), self.annotations, dict(self.losses))


def _with(image: OutImage, shapes: tuple[ReadShape, ...]) -> OutImage:
    return OutImage(
        image.id, image.name, image.width, image.height, shapes, image.state, image.split,
        image.group, image.tags,
    )  # fmt: skip


class Folder:
    """Files below one folder, by relative names with "/" between levels."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._made: set[str] = set()

    def path(self, name: str) -> Path:
        """Where that file goes; its folder is there. ValueError for a name that leads out."""
        folder = name.rpartition("/")[0]
        if folder not in self._made:
            if name.startswith("/") or ".." in name.split("/") or "\\" in name or ":" in name:
                raise ValueError(f"{name} leads out of the folder")
            (self._root / folder).mkdir(parents=True, exist_ok=True)
            self._made.add(folder)
        return self._root / name

    def text(self, name: str, content: str) -> None:
        """Write a text file in UTF-8, its line ends as they are in `content`."""
        with self.path(name).open("w", encoding="utf-8", newline="") as file:
            file.write(content)


def stem(name: str) -> str:
    """The name without its ending: a/b.c.png is a/b.c."""
    folder, slash, last = name.rpartition("/")
    start, dot, _ = last.rpartition(".")
    return folder + slash + (start if dot and start else last)


def in_images(image: OutImage) -> str:
    """images/NAME: where most formats keep the pictures."""
    return f"images/{image.name}"


def split_name(split: Split | None, none: str) -> str:
    return none if split is None else split.value
