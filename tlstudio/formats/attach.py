"""Which image each entry of an annotation file means: by relative path, then by unique name.

A path in a file is only ever compared with those of listed images: it opens nothing, whatever
it says. A doubt is named and nothing attached.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tlstudio.domain.images import Skipped
from tlstudio.domain.texts import one_line
from tlstudio.formats.annotation_set import AnnotationSet, ReadImage
from tlstudio.formats.entries import NOWHERE, Entry
from tlstudio.formats.finding import Finder, tidy
from tlstudio.formats.layout import split_above


@dataclass(slots=True)
class Attached:
    """`entries` by the name of their image; `absent` have none among those looked at;
    `embedded` are bytes of images by the name of their entry."""

    entries: dict[str, Entry] = field(default_factory=dict)
    absent: list[Entry] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    embedded: dict[str, bytes] = field(default_factory=dict)


def attach(made: AnnotationSet, images: Mapping[str, Path], finder: Finder) -> Attached:
    """Give what `made` says to `images` (their files by name)."""
    result = Attached()
    said: dict[str, list[ReadImage]] = defaultdict(list)
    frames: dict[str, dict[int, list[ReadImage]]] = defaultdict(lambda: defaultdict(list))
    for image in made.images:
        if image.frame:
            frames[image.path][image.frame].append(image)
            said.setdefault(image.path, [])
        else:
            said[image.path].append(image)
    chosen, doubtful = assign(said, finder, images)
    for path, count in doubtful.items():
        result.skipped.append(Skipped(path, "data.image_ambiguous", {"count": count}))
    for path, several in said.items():
        if path in doubtful:
            continue
        name, further = chosen.get(path), frames.get(path, {})
        if name is not None:
            _give(result.entries, images[name], name, several, further)
            continue
        for frame in further:
            result.skipped.append(Skipped(path, "data.frame_not_here", {"frame": frame + 1}))
        if not several:
            continue
        read = joined(several)
        if path in made.embedded:
            name = _free(tidy(path), result.entries.keys() | images.keys())
            result.embedded[name] = made.embedded[path]
            result.entries[name] = _entry(NOWHERE, name, read)
        else:
            result.absent.append(_entry(NOWHERE, tidy(path), read))
    return result


def _give(
    entries: dict[str, Entry],
    file: Path,
    name: str,
    first: Sequence[ReadImage],
    further: Mapping[int, Sequence[ReadImage]],
) -> None:
    """Add what is said of an image and of the further frames in its file to its entry."""
    known = entries.get(name, Entry(file, name))
    before = [] if known.said is None else [known.said]
    said = joined([*before, *first]) if before or first else None
    frames = dict(known.frames)
    for frame, several in further.items():
        frames[frame] = joined([*filter(None, [frames.get(frame)]), *several])
    entry = known if said is None else _entry(file, name, said)
    entries[name] = replace(entry, frames=frames)


def _entry(file: Path, name: str, read: ReadImage) -> Entry:
    return Entry(file, name, None, read.split, read.group, line=read.line, said=read)


def _free(path: str, taken: Iterable[str]) -> str:
    """A name for an image that only the annotations hold; its folders may be anybody's."""
    there = set(taken)
    last = one_line(path.rsplit("/", 1)[-1])
    if not last.strip("."):
        last = "image"
    stem, dot, ending = last.rpartition(".")
    name, number = last, 2
    while name in there:
        name = f"{stem or ending} ({number}){dot}{ending if dot else ''}"
        number += 1
    return name


def joined(several: Sequence[ReadImage]) -> ReadImage:
    """All that was said of one image; what can be said only once is the first's."""
    first, *rest = several
    for other in rest:
        first = replace(
            first,
            shapes=first.shapes + other.shapes,
            width=first.width or other.width,
            height=first.height or other.height,
            split=first.split or other.split,
            group=first.group or other.group,
            tags=tuple(dict.fromkeys(first.tags + other.tags)),
            complete=first.complete or other.complete,
            extras={**first.extras, **other.extras},
        )
    return first


def assign(
    wanted: Iterable[str], finder: Finder, files: Mapping[str, Path] | None = None
) -> tuple[dict[str, str], dict[str, int]]:
    """The name that each path means, and paths that could mean several, with how many.

    Where several images of that name have the same bytes (told from `files`) it is the first
    of them. Where two paths would mean one image, the one that agrees with it in all its
    folders has it, and the others none; if neither agrees, or both do and name different splits,
    both are doubtful.
    """
    chosen: dict[str, str] = {}
    doubtful: dict[str, int] = {}
    takers: dict[str, list[str]] = defaultdict(list)
    for path in wanted:
        names = finder.find(path)
        if len(names) > 1 and files is not None and _same_bytes([files[n] for n in names]):
            names = names[:1]
        if len(names) == 1:
            takers[names[0]].append(path)
        elif names:
            doubtful[path] = len(names)
    for name, paths in takers.items():
        fitting = [p for p in paths if agree(p, name)] if len(paths) > 1 else paths
        torn = len({split_above(path) for path in fitting} - {None}) > 1
        if torn or (not fitting and len({tidy(path) for path in paths}) > 1):
            doubtful |= dict.fromkeys(paths, len(paths))
            continue
        chosen |= dict.fromkeys(fitting or paths, name)
    return chosen, doubtful


def agree(path: str, name: str) -> bool:
    """Whether one of the two is the end of the other, folder by folder."""
    one, other = (tidy(text).casefold().split("/") for text in (path, name))
    least = min(len(one), len(other))
    return one[-least:] == other[-least:]


_MOST_COMPARED = 20


def _same_bytes(files: Sequence[Path]) -> bool:
    """Whether all of the files hold the same; sizes first, for they are had for nothing."""
    if len(files) > _MOST_COMPARED:
        return False
    try:
        if len({file.stat().st_size for file in files}) > 1:
            return False
        sums = set()
        for file in files:
            with file.open("rb") as content:
                sums.add(hashlib.file_digest(content, "sha256").digest())
    except OSError:
        return False
    return len(sums) == 1
