"""Images: which there are, what a list shows of them, and their state, split, group, tags."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tlstudio.domain.images import ImageRow, ImageState, Split
from tlstudio.storage.connection import Db, listed
from tlstudio.storage.queries import SYNTHETIC, query_ids
from tlstudio.storage.sources import (
    NewSource,
    Source,
    add_source,
    add_sources,
    frames_of_sources,
    images_of_sources,
    set_facts,
    set_missing,
    set_source_path,
    sort_key,
    source_by_sha,
    sources,
    sources_by_path,
    sources_by_sha,
)

__all__ = [
    "ImageHash",
    "NewSource",
    "Source",
    "add_source",
    "add_sources",
    "all_groups",
    "all_tags",
    "at_place",
    "content_hashes",
    "count_missing",
    "counts",
    "delete_images",
    "frame_names",
    "frames_of_sources",
    "hashes",
    "images_of_sources",
    "in_states",
    "path_of",
    "pixel_hashes_of",
    "places_of_pixels",
    "query_ids",
    "rows",
    "set_facts",
    "set_group",
    "set_groups",
    "set_missing",
    "set_source_path",
    "set_split",
    "set_splits",
    "set_state",
    "set_tags",
    "source_by_sha",
    "sources",
    "sources_by_path",
    "sources_by_sha",
    "state_counts",
    "synthetic_of",
    "synthetic_pixels",
]

_IN = "(SELECT value FROM json_each(?))"


@dataclass(frozen=True, slots=True)
class ImageHash:
    """What finding duplicates and leaks needs of one image; hashes in hexadecimal.

    `content_hash` is the pixel hash of what a synthetic image was made from, "" for others."""

    image: int
    pixel_hash: str
    near_hash: str
    split: Split | None
    group: str | None
    path: str
    synthetic: bool = False
    content_hash: str = ""


def rows(db: Db, ids: Sequence[int]) -> list[ImageRow]:
    """What a list shows of these images, in the order of `ids`; ids nobody has are left out."""
    wanted = listed(ids)
    labels: dict[int, list[int]] = defaultdict(list)
    suggested: dict[int, list[int]] = defaultdict(list)
    shapes: dict[int, int] = defaultdict(int)
    for image, label, suggestion, drawn in db.execute(
        "SELECT a.image_id, a.label_id, a.suggestion, sum(a.kind <> 'image_label')"
        f" FROM annotations a JOIN labels l ON l.id = a.label_id WHERE a.image_id IN {_IN}"
        " GROUP BY a.image_id, a.suggestion, a.label_id ORDER BY l.position, l.id",
        (wanted,),
    ):
        (suggested if suggestion else labels)[image].append(label)
        shapes[image] += 0 if suggestion else drawn
    tags: dict[int, list[str]] = defaultdict(list)
    for image, tag in db.execute(
        "SELECT t.image_id, tags.name FROM image_tags t JOIN tags ON tags.id = t.tag_id"
        f" WHERE t.image_id IN {_IN} ORDER BY tags.name",
        (wanted,),
    ):
        tags[image].append(tag)
    found: dict[int, ImageRow] = {}
    for row in db.execute(
        "SELECT i.id, i.name, s.path, i.width, i.height, i.pixel_hash, i.state, i.split,"
        " g.name, m.source_id IS NOT NULL, i.assignee, i.frame,"
        " coalesce(json_extract(s.notes, '$.burned_in'), 0), i.synthetic FROM images i"
        " JOIN sources s ON s.id = i.source_id LEFT JOIN groups g ON g.id = i.group_id"
        f" LEFT JOIN missing_sources m ON m.source_id = s.id WHERE i.id IN {_IN}",
        (wanted,),
    ):
        image, name, path, width, height, pixel_hash, state, split, group = row[:9]
        missing, assignee, frame, burned_in, synthetic = row[9:]
        found[image] = ImageRow(
            id=image,
            name=name,
            path=path,
            width=width,
            height=height,
            pixel_hash=pixel_hash,
            state=ImageState(state),
            split=Split(split) if split else None,
            group=group,
            labels=tuple(labels.get(image, ())),
            tags=tuple(tags.get(image, ())),
            missing=bool(missing),
            suggested=tuple(suggested.get(image, ())),
            shapes=shapes.get(image, 0),
            assignee=assignee,
            frame=frame,
            burned_in=bool(burned_in),
            synthetic=bool(synthetic),
        )
    return [found[image] for image in ids if image in found]


def path_of(db: Db, image_id: int) -> str | None:
    """The recorded path of the file that holds the image, None for an id nobody has."""
    path: str | None = db.value(
        "SELECT s.path FROM images i JOIN sources s ON s.id = i.source_id WHERE i.id = ?",
        (image_id,),
    )
    return path


def at_place(db: Db, path: str, frame: int = 0) -> int | None:
    """The image that lies at this recorded path and frame."""
    found: int | None = db.value(
        "SELECT i.id FROM images i JOIN sources s ON s.id = i.source_id"
        " WHERE s.path = ? AND i.frame = ?",
        (path, frame),
    )
    return found


def places_of_pixels(db: Db, pixel_hashes: Iterable[str]) -> dict[str, tuple[str, int]]:
    """The recorded path of one file, and the frame in it, for each of these pixel hashes."""
    return {
        row[0]: (row[1], row[2])
        for row in db.execute(
            "SELECT i.pixel_hash, min(s.path), i.frame FROM images i"
            f" JOIN sources s ON s.id = i.source_id WHERE i.pixel_hash IN {_IN}"
            " GROUP BY i.pixel_hash",
            (listed(pixel_hashes),),
        )
    }


def frame_names(db: Db, ids: Iterable[int]) -> dict[int, str]:
    """What these images are called in their files, "" for the only one of a file."""
    rows = db.execute(f"SELECT id, frame_name FROM images WHERE id IN {_IN}", (listed(ids),))
    return {row[0]: row[1] for row in rows}


def pixel_hashes_of(db: Db, source_id: int) -> list[str]:
    """The pixel hashes of a file's images, by frame."""
    return db.column(
        "SELECT pixel_hash FROM images WHERE source_id = ? ORDER BY frame", (source_id,)
    )


def hashes(db: Db) -> list[ImageHash]:
    """Hashes, split and group of every image, by id."""
    return [
        ImageHash(
            image=row[0],
            pixel_hash=row[1],
            near_hash=row[2],
            split=Split(row[3]) if row[3] else None,
            group=row[4],
            path=row[5],
            synthetic=bool(row[6]),
            content_hash=row[7],
        )
        for row in db.execute(
            "SELECT i.id, i.pixel_hash, i.near_hash, i.split, g.name, s.path, i.synthetic,"
            " i.content_hash FROM images i"
            " JOIN sources s ON s.id = i.source_id LEFT JOIN groups g ON g.id = i.group_id"
            " ORDER BY i.id"
        )
    ]


def counts(db: Db) -> dict[str, Any]:
    """Totals: images, missing, synthetic, and images by state, split ("" none), group, tag."""
    by = {
        "splits": "SELECT coalesce(split, ''), count(*) FROM images GROUP BY split",
        "groups": "SELECT g.name, count(*) FROM images i JOIN groups g ON g.id = i.group_id"
        " GROUP BY g.id ORDER BY g.sort_name",
        "tags": "SELECT tags.name, count(*) FROM image_tags t JOIN tags ON tags.id = t.tag_id"
        " GROUP BY tags.id ORDER BY tags.name",
    }
    found: dict[str, Any] = {
        name: {row[0]: row[1] for row in db.execute(sql)} for name, sql in by.items()
    }
    found["states"] = state_counts(db)
    found["images"] = db.table("images").count
    found["missing"] = count_missing(db)
    found["synthetic"] = int(db.value(f"SELECT count(*) FROM ({SYNTHETIC})"))
    return found


def count_missing(db: Db) -> int:
    """How many images are in a file that was not found when last looked for."""
    sql = "SELECT count(*) FROM images WHERE source_id IN (SELECT source_id FROM missing_sources)"
    return int(db.value(sql))


def state_counts(db: Db) -> dict[str, int]:
    """How many images are in each state that any is in."""
    return dict(db.execute("SELECT state, count(*) FROM images GROUP BY state"))


def synthetic_of(db: Db, ids: Iterable[int]) -> set[int]:
    """Those of the images that were made here."""
    return set(
        db.column(f"SELECT id FROM images WHERE synthetic = 1 AND id IN {_IN}", (listed(ids),))
    )


def synthetic_pixels(db: Db) -> dict[str, str]:
    """The pixel hashes of all images made here, with those of what they were made from."""
    return dict(
        db.execute(
            "SELECT pixel_hash, content_hash FROM images INDEXED BY images_synthetic"
            " WHERE synthetic = 1"
        )
    )


def content_hashes(db: Db, ids: Iterable[int]) -> dict[int, str]:
    """The pixel hashes of what those of the images that were made here were made from."""
    rows = db.execute(
        f"SELECT id, content_hash FROM images WHERE synthetic = 1 AND id IN {_IN}", (listed(ids),)
    )
    return {row[0]: row[1] for row in rows}


def in_states(db: Db, ids: Iterable[int], states: Iterable[str]) -> set[int]:
    """Those of the images that are in one of these states."""
    return set(
        db.column(
            f"SELECT id FROM images WHERE id IN {_IN} AND state IN {_IN}",
            (listed(ids), listed(states)),
        )
    )


def all_groups(db: Db) -> list[str]:
    """The names of all groups that hold images."""
    return db.column(
        "SELECT name FROM groups WHERE id IN (SELECT group_id FROM images) ORDER BY sort_name"
    )


def all_tags(db: Db) -> list[str]:
    """The names of all tags in use."""
    return db.column(
        "SELECT name FROM tags WHERE id IN (SELECT tag_id FROM image_tags) ORDER BY name"
    )


def set_state(db: Db, ids: Iterable[int], state: ImageState) -> None:
    """Set the state of these images."""
    db.execute(
        "UPDATE images SET state = ?, changed_at = ?, changed_by = ?"
        f" WHERE id IN {_IN} AND state IS NOT ?",
        (state.value, db.now, db.author, listed(ids), state.value),
    )


def set_split(db: Db, ids: Iterable[int], split: Split | None) -> None:
    """Put these images into one split, or none. None of them may be synthetic where the split is
    val or test; the table refuses it."""
    value = split.value if split else None
    db.execute(
        "UPDATE images SET split = ?, changed_at = ?, changed_by = ?"
        f" WHERE id IN {_IN} AND split IS NOT ?",
        (value, db.now, db.author, listed(ids), value),
    )


def set_splits(db: Db, splits: dict[int, Split | None]) -> None:
    """Put each image into the split given for it."""
    by_split: dict[Split | None, list[int]] = defaultdict(list)
    for image, split in splits.items():
        by_split[split].append(image)
    for split, ids in by_split.items():
        set_split(db, ids, split)


def set_group(db: Db, ids: Iterable[int], name: str | None) -> None:
    """Put these images into the group of that name, made if it is new; None takes them out."""
    group = None if name is None else _group_ids(db, {name})[name]
    db.execute(
        "UPDATE images SET group_id = ?, changed_at = ?, changed_by = ?"
        f" WHERE id IN {_IN} AND group_id IS NOT ?",
        (group, db.now, db.author, listed(ids), group),
    )


def set_groups(db: Db, groups: dict[int, str | None]) -> None:
    """Put each image into the group given for it; for many groups at once."""
    names = _group_ids(db, {name for name in groups.values() if name is not None})
    db.many(
        "UPDATE images SET group_id = :group, changed_at = :now, changed_by = :author"
        " WHERE id = :image AND group_id IS NOT :group",
        [
            {
                "group": None if name is None else names[name],
                "now": db.now,
                "author": db.author,
                "image": image,
            }
            for image, name in groups.items()
        ],
    )


def _group_ids(db: Db, names: set[str]) -> dict[str, int]:
    """The ids of the groups of these names; what is missing is added."""

    def known() -> dict[str, int]:
        rows = db.execute(f"SELECT name, id FROM groups WHERE name IN {_IN}", (listed(names),))
        return {row[0]: row[1] for row in rows}

    stamp = {"created_at": db.now, "created_by": db.author}
    new = sorted(names - known().keys())
    db.insert_all("groups", ({"name": n, "sort_name": sort_key(n), **stamp} for n in new))
    return known()


def set_tags(
    db: Db, ids: Iterable[int], *, add: Iterable[str] = (), remove: Iterable[str] = ()
) -> None:
    """Add and remove tags on these images; new tags are made."""
    wanted = listed(ids)
    for name in add:
        db.execute("INSERT INTO tags (name) VALUES (?) ON CONFLICT DO NOTHING", (name,))
        db.execute(
            "INSERT INTO image_tags (image_id, tag_id) SELECT value, tags.id"
            " FROM json_each(?), tags WHERE tags.name = ? ON CONFLICT DO NOTHING",
            (wanted, name),
        )
    for name in remove:
        db.execute(
            f"DELETE FROM image_tags WHERE image_id IN {_IN}"
            " AND tag_id = (SELECT id FROM tags WHERE name = ?)",
            (wanted, name),
        )


def delete_images(db: Db, ids: Iterable[int]) -> None:
    """Take images out of the project with their annotations; files stay where they are."""
    wanted = listed(ids)
    touched = db.column(f"SELECT DISTINCT source_id FROM images WHERE id IN {_IN}", (wanted,))
    db.execute(f"DELETE FROM images WHERE id IN {_IN}", (wanted,))
    db.execute(
        f"DELETE FROM sources WHERE id IN {_IN}"
        " AND NOT EXISTS (SELECT 1 FROM images i WHERE i.source_id = sources.id)",
        (listed(touched),),
    )
