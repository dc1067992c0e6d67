"""Tracks of CVAT's XML for video: one shape over many frames, in between where it is not told."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise, zip_longest
from xml.etree.ElementTree import Element

from tlstudio.domain.shapes import Ring
from tlstudio.formats.readers._cvat_images import FileImages
from tlstudio.formats.readers._cvat_shapes import points, read_shape
from tlstudio.formats.readers._gather import Gather, Picture
from tlstudio.formats.readers._image_places import folder_of, joined
from tlstudio.formats.readers._values import number, side, whole, words, yes

MOST_FILLED = 5_000_000
"""Points of the shapes filled in between key frames, in all of a file; a box counts as five."""

_TURNING = ("rotation",)
_MOVING = ("xtl", "ytl", "xbr", "ybr", "cx", "cy", "rx", "ry", *_TURNING)
_STEP = re.compile(r"step\s*=\s*(\d{1,6})")
_FRAME_NAME = re.compile(r"(?:^|[/_-])frame_?0*(\d{1,9})\.[^./]+$", re.IGNORECASE)

_Key = tuple[str, int]
"""The task of a project ("" for the only one) and the frame."""


def read_tracks(
    gather: Gather, images: FileImages, file: str, root: Element, tracks: Sequence[Element]
) -> None:
    """A picture for every frame of the tasks that a track is on, or that is among the images.

    Frames are matched with images called frame_000000 and so on, else with as many images as
    the task has frames, in the order of their names. A later z lies on top, as in images.
    """
    tasks = root.findall("meta//task") or root.findall("meta/job")
    several = len(tasks) > 1
    size = _size(root)
    names = _Names(gather, images, file, tasks)
    pictures: dict[_Key, Picture] = {}
    depths: dict[_Key, list[float]] = defaultdict(list)
    left = [MOST_FILLED]
    for index, track in enumerate(tracks):
        task = words(track.get("task_id")) if several else ""
        group = f"track {words(track.get('id')) or index}"
        for frame, shape, outline in _frames(gather, file, track, names.step, left):
            gather.check()
            picture = pictures.get((task, frame))
            if picture is None:
                picture = gather.picture(file, names.of(task, frame), *size)
                pictures[task, frame] = picture
            read_shape(picture, shape, track.get("label"), group, outline)
            z = depths[task, frame]
            z += [number(shape.get("z_order")) or 0.0] * (len(picture.shapes) - len(z))
    for frame in names.empty(frame for _, frame in pictures):
        pictures["", frame] = gather.picture(file, names.of("", frame), *size)
    for key in sorted(pictures):
        picture, z = pictures[key], depths[key]
        order = sorted(range(len(z)), key=z.__getitem__)
        picture.shapes = [picture.shapes[at] for at in order]
        picture.close()


def _size(root: Element) -> tuple[int | None, int | None]:
    sizes = {
        (side(size.findtext("width")), side(size.findtext("height")))
        for size in root.iterfind("meta//original_size")
    }
    return sizes.pop() if len(sizes) == 1 else (None, None)


class _Names:
    """What the image of a frame is called."""

    def __init__(
        self, gather: Gather, frames: FileImages, file: str, tasks: Sequence[Element]
    ) -> None:
        task = tasks[0] if len(tasks) == 1 else None
        found = _STEP.search("" if task is None else task.findtext("frame_filter") or "")
        self.step = max(1, int(found[1])) if found else 1
        self._folder = folder_of(file) if frames.several else ""
        self._known: dict[int, str] = {}
        self._asked = range(0)
        if task is None:
            return
        start = whole(task.findtext("start_frame")) or 0
        stop = whole(task.findtext("stop_frame"))
        self._asked = range(start, 10**9 if stop is None else stop + 1, self.step)
        images = frames.of(file, _FRAME_NAME)
        self._known = _by_number(images)
        if not self._known and images and len(images) == whole(task.findtext("size")):
            self._known = {start + n * self.step: name for n, name in enumerate(images)}
            gather.note("reading.frames_by_order")

    def of(self, task: str, frame: int) -> str:
        """With the folder of the file where there are several files: a place for each."""
        known = self._known.get(frame) if not task else None
        return known or joined(self._folder, task and f"task_{task}", f"frame_{frame:06d}")

    def empty(self, used: Iterable[int]) -> list[int]:
        """Frames of the task whose image is there and that nothing is on."""
        return sorted(frame for frame in self._known.keys() - set(used) if frame in self._asked)


def _by_number(images: Iterable[str]) -> dict[int, str]:
    """The images called like a frame; a number that several have means none of them."""
    found: dict[int, list[str]] = defaultdict(list)
    for name in images:
        if (match := _FRAME_NAME.search(name)) is not None:
            found[int(match[1])].append(name)
    return {frame: names[0] for frame, names in found.items() if len(names) == 1}


def _frames(
    gather: Gather, file: str, track: Element, step: int, left: list[int]
) -> Iterator[tuple[int, Element, Ring | None]]:
    """(frame, shape, its outline where it was worked out) wherever the track is to be seen, in
    order, each frame once."""
    stops: dict[int, Element] = {}
    for shape in track:
        frame = whole(shape.get("frame"))
        if frame is None or not 0 <= frame < 10**9:
            gather.skip(file, "reading.entry")
        else:
            stops[frame] = shape
    order = sorted(stops)
    for frame, after in zip_longest(order, order[1:]):
        shape = stops[frame]
        if yes(shape.get("outside")):
            continue
        yield frame, shape, None
        if after is None:
            continue
        missing = range(frame + step, after, step)
        if not missing:
            continue
        cost = len(missing) * max(_weight(shape), _weight(stops[after]))
        if cost > left[0]:
            gather.skip(file, "reading.many_frames")
            continue
        left[0] -= cost
        way = _Way(shape, stops[after])
        for between in missing:
            gather.note("reading.interpolated")
            yield between, *way.at((between - frame) / (after - frame))


def _weight(shape: Element) -> int:
    """How many points it is as much work as, with the joints that lie within it; attributes count
    where they are very many or long."""
    area = (number(shape.get("width")) or 0.0) * (number(shape.get("height")) or 0.0)
    runs = (shape.get("rle") or "").count(",")
    drawn = [each for each in shape.iter() if each.tag != "attribute"]
    said = list(shape.iter("attribute"))
    inside = sum(5 + (each.get("points") or "").count(";") for each in drawn)
    beside = len(said) // 10 + sum(len(each.text or "") for each in said) // 100
    return inside + beside + runs + int(max(0.0, area)) // 1000


class _Way:
    """A shape on its way from one key frame to the next; where the two are not alike it stays as
    the first one is."""

    def __init__(self, one: Element, other: Element) -> None:
        self._one, self._other = one, other
        still = one.tag != other.tag or one.tag in ("mask", "skeleton", "tag")
        self._moves = not still and not yes(other.get("outside"))
        self._ends: tuple[_Points, _Points] | None = None
        if self._moves:
            here, there = points(one.get("points")), points(other.get("points"))
            if here is not None and there is not None:
                self._ends = _partners(list(here), list(there))

    def at(self, part: float) -> tuple[Element, Ring | None]:
        """The shape that far on its way, and its outline where that moves."""
        if not self._moves:
            return self._one, None
        changed = dict(self._one.attrib)
        for name in _MOVING:
            a, b = number(self._one.get(name)), number(self._other.get(name))
            if name in _TURNING and (a is not None or b is not None):
                a, b = a or 0.0, b or 0.0
                changed[name] = repr(a + ((b - a + 180) % 360 - 180) * part)
            elif a is not None and b is not None:
                changed[name] = repr(a + (b - a) * part)
        made = Element(self._one.tag, changed)
        made.extend(list(self._one))
        if self._ends is None:
            return made, None
        pairs = zip(*self._ends, strict=True)
        return made, tuple(
            (ax + (bx - ax) * part, ay + (by - ay) * part) for (ax, ay), (bx, by) in pairs
        )


_Points = list[tuple[float, float]]


def _partners(one: _Points, other: _Points) -> tuple[_Points, _Points]:
    """Both with as many points, each beside its partner: the same one in order, or, where their
    numbers differ, the one as far along the outline."""
    if len(one) == len(other):
        return one, other
    few, many = sorted((one, other), key=len)
    along, wanted = _lengths(few), _lengths(many)
    spread = [_at(few, along, share) for share in wanted]
    return (spread, other) if few is one else (one, spread)


def _lengths(line: _Points) -> list[float]:
    """How far along the line each point lies, from 0 to 1."""
    total, sums = 0.0, [0.0]
    for (ax, ay), (bx, by) in pairwise(line):
        total += ((bx - ax) ** 2 + (by - ay) ** 2) ** 0.5
        sums.append(total)
    return [value / total if total else 0.0 for value in sums]


def _at(line: _Points, along: list[float], share: float) -> tuple[float, float]:
    index = min(max(bisect_right(along, share) - 1, 0), len(line) - 1)
    if index == len(line) - 1:
        return line[-1]
    span = along[index + 1] - along[index]
    part = (share - along[index]) / span if span else 0.0
    (ax, ay), (bx, by) = line[index], line[index + 1]
    return ax + (bx - ax) * part, ay + (by - ay) * part
