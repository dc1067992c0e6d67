"""What the filters of images offer, with numbers of images.

Each facet is one pass over an index; none reads the rows of annotations.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection
from typing import Any

from tlstudio.storage import images, labels
from tlstudio.storage.connection import Db
from tlstudio.storage.queries import BURNED_IN, FOLDER, SYNTHETIC, count_unlabelled


def _counted(sql: str) -> Callable[[Db], dict[Any, int]]:
    return lambda db: {row[0]: row[1] for row in db.execute(sql)}


def _makers(db: Db) -> dict[str, int]:
    """Images by who made something on them, in the words of ImageQuery.makers."""
    found: dict[str, int] = {}
    for author, number in db.execute(
        "SELECT author, count(DISTINCT image_id) FROM annotations INDEXED BY annotations_maker"
        " WHERE source = 'person' AND suggestion = 0 AND author <> '' GROUP BY author"
    ):
        found[f"by:{author}"] = number
    for source in ("person", "import", "model"):
        found[source] = db.value(
            "SELECT count(DISTINCT image_id) FROM annotations INDEXED BY annotations_maker"
            " WHERE source = ? AND suggestion = 0",
            (source,),
        )
    found["suggestion"] = db.value(
        "SELECT count(DISTINCT image_id) FROM annotations WHERE suggestion = 1"
    )
    return found


def _origins(db: Db) -> dict[str, int]:
    """Images by import and by folder below what was imported, in the words of ImageQuery."""
    imports = db.execute("SELECT id, imported_at FROM imports ORDER BY id").fetchall()
    ends = [row[1] for row in imports]
    numbers = [0] * len(imports)
    for added, number in db.execute(
        "SELECT added_at, count(*) FROM images WHERE synthetic = 0 GROUP BY added_at"
    ):
        place = bisect_left(ends, added)
        if place < len(numbers):
            numbers[place] += number
    found = {
        f"import:{row[0]}": n for row, n in zip(reversed(imports), reversed(numbers), strict=True)
    }
    for folder, number in db.execute(
        f"SELECT {FOLDER} AS folder, count(*) FROM sources GROUP BY folder ORDER BY folder"
    ):
        found[f"folder:{folder}"] = number
    return {name: n for name, n in found.items() if n}


def _imports(db: Db) -> dict[int, tuple[str, str]]:
    """Where each import took from, and when."""
    return {
        row[0]: (row[1], row[2])
        for row in db.execute("SELECT id, source, imported_at FROM imports")
    }


def _commented(db: Db) -> dict[bool, int]:
    with_one = int(db.value("SELECT count(DISTINCT image_id) FROM comments"))
    return {True: with_one, False: db.table("images").count - with_one}


def _burned_in(db: Db) -> dict[bool, int]:
    flagged = int(db.value(f"SELECT count(*) FROM images WHERE source_id IN ({BURNED_IN})"))
    return {True: flagged, False: db.table("images").count - flagged}


def _synthetic(db: Db) -> dict[bool, int]:
    made = int(db.value(f"SELECT count(*) FROM ({SYNTHETIC})"))
    return {True: made, False: db.table("images").count - made}


FACETS: dict[str, Callable[[Db], Any]] = {
    "images": lambda db: db.table("images").count,
    "missing": images.count_missing,
    "unlabelled": count_unlabelled,
    "labels": labels.images_per_label,
    "states": images.state_counts,
    "splits": _counted("SELECT coalesce(split, ''), count(*) FROM images GROUP BY split"),
    "groups": _counted(
        "SELECT g.name, count(*) FROM images i JOIN groups g ON g.id = i.group_id"
        " GROUP BY g.id ORDER BY g.sort_name"
    ),
    "tags": _counted(
        "SELECT tags.name, count(*) FROM image_tags t JOIN tags ON tags.id = t.tag_id"
        " GROUP BY tags.id ORDER BY tags.name"
    ),
    "kinds": _counted(
        "SELECT kind, count(DISTINCT image_id) FROM annotations INDEXED BY annotations_kind"
        " WHERE suggestion = 0 GROUP BY kind"
    ),
    "makers": _makers,
    "origins": _origins,
    "imports": _imports,
    "folders": _counted(
        f"SELECT {FOLDER} AS folder, count(*) FROM images i JOIN sources s ON s.id = i.source_id"
        " GROUP BY folder ORDER BY folder"
    ),
    "assignees": _counted(
        "SELECT coalesce(assignee, ''), count(*) FROM images GROUP BY assignee ORDER BY assignee"
    ),
    "commented": _commented,
    "burned_in": _burned_in,
    "synthetic": _synthetic,
}


def facets(db: Db, names: Collection[str] | None = None) -> dict[str, Any]:
    """These facets by name, all of them where `names` is None."""
    return {name: count(db) for name, count in FACETS.items() if names is None or name in names}
