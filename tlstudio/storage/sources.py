"""Sources: the files of a project and what is known of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from tlstudio.domain.frame_names import shown_name
from tlstudio.domain.images import FrameFacts, ImageState, SourceFacts
from tlstudio.storage.connection import Db, listed


@dataclass(frozen=True, slots=True)
class NewSource:
    """A file to record: `path` is relative to the project folder with /, or absolute where
    `referenced`; `original` says where it came from; `name` is shown (default: from path).
    `synthetic`: this program made it, from the picture whose pixel hash is `content_hash`.
    `states` are those of its first frames; the others are unlabelled."""

    path: str
    referenced: bool
    facts: SourceFacts
    original: str = ""
    name: str = ""
    synthetic: bool = False
    content_hash: str = ""
    states: tuple[ImageState, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """A recorded file; `image` is the id of its first image. `origin` and `series` are keyed
    hashes, see SourceFacts; so are `named` and `stem`, of the name that was replaced ("" where
    it was not) and of its last part without the ending."""

    id: int
    path: str
    referenced: bool
    original: str
    size: int
    mtime_ns: int
    sha256: str
    missing: bool
    image: int
    origin: str = ""
    series: str | None = None
    named: str = ""
    stem: str = ""


_SELECT = (
    "SELECT s.id, s.path, s.referenced, s.original, s.size, s.mtime_ns, s.sha256,"
    " m.source_id IS NOT NULL AS missing, i.id AS image, s.origin, s.series,"
    " json_extract(s.notes, '$.named'), json_extract(s.notes, '$.stem') FROM sources s"
    " JOIN images i ON i.source_id = s.id AND i.frame ="
    " (SELECT min(frame) FROM images f WHERE f.source_id = s.id)"
    " LEFT JOIN missing_sources m ON m.source_id = s.id"
)


def add_source(db: Db, path: str, referenced: bool, facts: SourceFacts, original: str = "") -> int:
    """Record one file and its images; the id of the first. The path must be new."""
    return add_sources(db, [NewSource(path, referenced, facts, original)])[0]


def add_sources(db: Db, items: Iterable[NewSource]) -> list[int]:
    """Record many files at once; the ids of their first images, in the order given. Those of a
    file's further frames follow its first one."""
    source_id = db.last_id("sources")
    image_id = db.last_id("images")
    files: list[tuple[object, ...]] = []
    images: list[tuple[object, ...]] = []
    firsts: list[int] = []
    stamp = (db.now, db.author)
    for item in items:
        facts = item.facts
        source_id += 1
        firsts.append(image_id + 1)
        source = (source_id, item.path, int(item.referenced), item.original)
        bytes_ = (facts.format, facts.size, facts.mtime_ns, facts.sha256)
        beside = (facts.origin, facts.series, json.dumps(dict(facts.notes)))
        files.append((*source, *bytes_, *beside, *stamp))
        made = (int(item.synthetic), item.content_hash)
        for frame, state in zip_longest(facts.every, item.states, fillvalue=ImageState.UNLABELLED):
            assert isinstance(frame, FrameFacts)
            image_id += 1
            about = (*_named(item, frame), *_pixels(frame), *made, str(state))
            images.append((image_id, source_id, *about, *stamp * 2))
    db.insert_rows("sources", _SOURCE, files)
    db.insert_rows("images", _IMAGE, images)
    return firsts


_SOURCE = (
    "id, path, referenced, original, format, size, mtime_ns, sha256, origin, series, notes,"
    " added_at, added_by"
)
_IMAGE = (
    "id, source_id, frame, name, sort_name, frame_name, position, width, height, mode, bit_depth,"
    " orientation, pixel_hash, near_hash, synthetic, content_hash, state, added_at, added_by,"
    " changed_at, changed_by"
)


def _named(item: NewSource, frame: FrameFacts) -> tuple[object, ...]:
    name = shown_name(item.name or item.path.rsplit("/", 1)[-1], frame.name)
    return (frame.frame, name, sort_key(name), frame.name, frame.position)


def _pixels(facts: FrameFacts) -> tuple[object, ...]:
    shape = (facts.width, facts.height, facts.mode, facts.bit_depth, facts.orientation)
    return (*shape, facts.pixel_hash, facts.near_hash)


def frames_of_sources(db: Db) -> dict[int, dict[int, int]]:
    """The ids of images by frame, for each source that has others than its first frame."""
    found: dict[int, dict[int, int]] = {}
    for source, frame, image in db.execute(
        "SELECT source_id, frame, id FROM images WHERE source_id IN"
        " (SELECT source_id FROM images WHERE frame > 0) ORDER BY source_id, frame"
    ):
        found.setdefault(source, {})[frame] = image
    return found


def images_of_sources(db: Db, ids: Iterable[int]) -> list[int]:
    """The ids of all images of these files, file by file, frame by frame."""
    return db.column(
        "SELECT id FROM images WHERE source_id IN (SELECT value FROM json_each(?))"
        " ORDER BY source_id, frame",
        (listed(ids),),
    )


def sort_key(name: str) -> str:
    """Orders names as people do: letter case aside, numbers by value (img2 before img10)."""
    return re.sub(r"\d+", lambda digits: digits[0].zfill(12), name.casefold())


def sources(db: Db) -> list[Source]:
    """All files, in the order they were added."""
    return [_source(row) for row in db.execute(f"{_SELECT} ORDER BY s.id")]


def _source(row: tuple[Any, ...]) -> Source:
    id_, path, referenced, original, size, mtime_ns, sha256, missing, image = row[:9]
    origin, series, named, stem = row[9:]
    return Source(
        id=id_,
        path=path,
        referenced=bool(referenced),
        original=original,
        size=size,
        mtime_ns=mtime_ns,
        sha256=sha256,
        missing=bool(missing),
        image=image,
        origin=origin,
        series=series,
        named=named or "",
        stem=stem or "",
    )


def source_by_sha(db: Db, sha256: str) -> Source | None:
    """The first file with these bytes."""
    sql = f"{_SELECT} WHERE s.sha256 = ? ORDER BY s.id LIMIT 1"
    row = db.execute(sql, (sha256,)).fetchone()
    return None if row is None else _source(row)


def sources_by_sha(db: Db, hashes: Iterable[str]) -> dict[str, list[Source]]:
    """The files with these bytes, by hash; hashes nobody has are left out."""
    found: dict[str, list[Source]] = {}
    sql = f"{_SELECT} WHERE s.sha256 IN (SELECT value FROM json_each(?)) ORDER BY s.id"
    for row in db.execute(sql, (listed(hashes),)):
        source = _source(row)
        found.setdefault(source.sha256, []).append(source)
    return found


def sources_by_path(db: Db, paths: Iterable[str] | None = None) -> dict[str, Source]:
    """Files by path: the given ones, or all."""
    if paths is None:
        return {source.path: source for source in sources(db)}
    sql = f"{_SELECT} WHERE s.path IN (SELECT value FROM json_each(?))"
    return {row[1]: _source(row) for row in db.execute(sql, (listed(paths),))}


def set_missing(db: Db, ids: Iterable[int], missing: bool) -> None:
    """Note which sources' files were not found; an observation, not an edit."""
    wanted = listed(ids)
    if missing:
        db.execute(
            "INSERT OR IGNORE INTO missing_sources (source_id, noticed_at)"
            " SELECT value, ? FROM json_each(?)",
            (db.now, wanted),
        )
    else:
        db.execute(
            "DELETE FROM missing_sources WHERE source_id IN (SELECT value FROM json_each(?))",
            (wanted,),
        )


def set_source_path(db: Db, source_id: int, path: str, *, referenced: bool | None = None) -> None:
    """Tell where the file is now; it counts as found."""
    db.execute(
        "UPDATE sources SET path = ?, referenced = coalesce(?, referenced) WHERE id = ?",
        (path, None if referenced is None else int(referenced), source_id),
    )
    set_missing(db, [source_id], False)


def set_facts(db: Db, moved: Mapping[int, SourceFacts]) -> list[int]:
    """Replace what is known of sources whose bytes have changed, and of their images. A frame
    that is new becomes an image, whose id is in the answer; one that has gone stays, for
    something may be drawn on it."""
    added: list[int] = []
    for source_id, facts in moved.items():
        db.execute(
            "UPDATE sources SET size = ?, mtime_ns = ?, sha256 = ?, format = ?, origin = ?,"
            " series = ?, notes = ? WHERE id = ?",
            (
                facts.size, facts.mtime_ns, facts.sha256, facts.format, facts.origin,
                facts.series, json.dumps(dict(facts.notes)), source_id,
            ),
        )  # fmt: skip
        there = set(db.column("SELECT frame FROM images WHERE source_id = ?", (source_id,)))
        for frame in facts.every:
            if frame.frame in there:
                db.execute(
                    "UPDATE images SET width = ?, height = ?, mode = ?, bit_depth = ?,"
                    " orientation = ?, pixel_hash = ?, near_hash = ?, changed_at = ?,"
                    " changed_by = ? WHERE source_id = ? AND frame = ?",
                    (*_pixels(frame), db.now, db.author, source_id, frame.frame),
                )
            elif frame.frame:
                added.append(_add_frame(db, source_id, facts, frame))
    return added


def _add_frame(db: Db, source_id: int, facts: SourceFacts, frame: FrameFacts) -> int:
    path, original = db.execute(
        "SELECT path, original FROM sources WHERE id = ?", (source_id,)
    ).fetchone()
    name = str(original or path).replace("\\", "/").rsplit("/", 1)[-1]
    image = db.last_id("images") + 1
    item = NewSource(path, False, facts, original, name)
    stamp = (db.now, db.author)
    about = (*_named(item, frame), *_pixels(frame), 0, "", ImageState.UNLABELLED.value)
    db.insert_rows("images", _IMAGE, [(image, source_id, *about, *stamp * 2)])
    return image
