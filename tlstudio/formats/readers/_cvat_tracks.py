"""Tracks of CVAT's XML for video: one shape over many frames, in between where it is not told."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise, zip_longest
from xml.etree.ElementTree import Element

from tlstudio.formats.listing import Listing
from tlstudio.formats.readers._cvat_shapes import points, read_shape
from tlstudio.formats.readers._gather import Gather, Picture
from tlstudio.formats.readers._values import number, side, whole, words, yes

MOST_FRAMES = 1_000_000
"""Shapes filled in between key frames, in all of a file."""

_TURNING = ("rotation",)
_MOVING = ("xtl", "ytl", "xbr", "ybr", "cx", "cy", "rx", "ry", *_TURNING)
_STEP = re.compile(r"step\s*=\s*(\d{1,6})")
_FRAME_NAME = re.compile(r"(?:^|[/_-])frame_?0*(\d{1,9})\.[^./]+$", re.IGNORECASE)

_Key = tuple[str, int]
"""The task of a project ("" for the only one) and the frame."""


def read_tracks(
    gather: Gather, listing: Listing, file: str, root: Element, tracks: Sequence[Element]
) -> None:
    """A picture for every frame of the tasks that a track is on, or that is among the images.

    Frames are matched with images called frame_000000 and so on, else with as many images as
    the task has frames, in the order of their names.
    """
    tasks = root.findall("meta//task") or root.findall("meta/job")
    several = len(tasks) > 1
    size = _size(root)
    names = _Names(gather, listing, tasks)
    pictures: dict[_Key, Picture] = {}
    left = [MOST_FRAMES]
    for index, track in enumerate(tracks):
        gather.check()
        task = words(track.get("task_id")) if several else ""
        group = f"track {words(track.get('id')) or index}"
        for frame, shape in _frames(gather, file, track, names.step, left):
            picture = pictures.get((task, frame))
            if picture is None:
                picture = gather.picture(file, names.of(task, frame), *size)
                pictures[task, frame] = picture
            read_shape(picture, shape, track.get("label"), group)
    for frame in names.empty(frame for _, frame in pictures):
        pictures["", frame] = gather.picture(file, names.of("", frame), *size)
    for key in sorted(pictures):
        pictures[key].close()


def _size(root: Element) -> tuple[int | None, int | None]:
    sizes = {
        (side(size.findtext("width")), side(size.findtext("height")))
        for size in root.iterfind("meta//original_size")
    }
    return sizes.pop() if len(sizes) == 1 else (None, None)


class _Names:
    """What the image of a frame is called."""

    def __init__(self, gather: Gather, listing: Listing, tasks: Sequence[Element]) -> None:
        task = tasks[0] if len(tasks) == 1 else None
        found = _STEP.search("" if task is None else task.findtext("frame_filter") or "")
        self.step = max(1, int(found[1])) if found else 1
        self._known: dict[int, str] = {}
        if task is None:
            return
        images = [image.name for image in listing.images]
        for name in images:
            if (match := _FRAME_NAME.search(name)) is not None:
                self._known.setdefault(int(match[1]), name)
        start = whole(task.findtext("start_frame")) or 0
        if not self._known and images and len(images) == whole(task.findtext("size")):
            self._known = {start + n * self.step: name for n, name in enumerate(images)}
            gather.note("reading.frames_by_order")

    def of(self, task: str, frame: int) -> str:
        known = self._known.get(frame) if not task else None
        name = f"frame_{frame:06d}"
        return known or (f"task_{task}/{name}" if task else name)

    def empty(self, used: Iterator[int]) -> list[int]:
        """Frames whose image is there and that nothing is on."""
        return sorted(self._known.keys() - set(used))


def _frames(
    gather: Gather, file: str, track: Element, step: int, left: list[int]
) -> Iterator[tuple[int, Element]]:
    """(frame, shape) wherever the track is to be seen, in order, each frame once."""
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
        yield frame, shape
        if after is None:
            continue
        missing = range(frame + step, after, step)
        if len(missing) > left[0]:
            gather.skip(file, "reading.many_frames")
            continue
        left[0] -= len(missing)
        for between in missing:
            gather.note("reading.interpolated")
            part = (between - frame) / (after - frame)
            yield between, _between(shape, stops[after], part)


def _between(one: Element, other: Element, part: float) -> Element:
    """The shape that far on its way; where the two are not alike, as the first one is."""
    if one.tag != other.tag or yes(other.get("outside")) or one.tag in ("mask", "skeleton", "tag"):
        return one
    changed = dict(one.attrib)
    for name in _MOVING:
        a, b = number(one.get(name)), number(other.get(name))
        if name in _TURNING and (a is not None or b is not None):
            a, b = a or 0.0, b or 0.0
            changed[name] = repr(a + ((b - a + 180) % 360 - 180) * part)
        elif a is not None and b is not None:
            changed[name] = repr(a + (b - a) * part)
    here, there = points(one.get("points")), points(other.get("points"))
    if here is not None and there is not None:
        moved = _moved(list(here), list(there), part)
        changed["points"] = ";".join(f"{x!r},{y!r}" for x, y in moved)
    made = Element(one.tag, changed)
    made.extend(list(one))
    return made


_Points = list[tuple[float, float]]


def _moved(one: _Points, other: _Points, part: float) -> _Points:
    """Each point on its way to its partner: the same one in order, or, where their numbers
    differ, the one as far along the outline."""
    if len(one) != len(other):
        few, many = sorted((one, other), key=len)
        along, wanted = _lengths(few), _lengths(many)
        spread = [_at(few, along, share) for share in wanted]
        one, other = (spread, other) if few is one else (one, spread)
    return [
        (ax + (bx - ax) * part, ay + (by - ay) * part)
        for (ax, ay), (bx, by) in zip(one, other, strict=True)
    ]


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
