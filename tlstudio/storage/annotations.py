"""Annotations of all four kinds; suggestions are marked and never mixed with accepted ones."""

from __future__ import annotations

from collections.abc import Iterable

from tlstudio.domain.annotations import Annotation, ImageLabel, Provenance
from tlstudio.storage.annotation_rows import annotation, record
from tlstudio.storage.connection import Db, Record, listed

_IN = "(SELECT value FROM json_each(?))"


def of_images(
    db: Db, ids: Iterable[int] | None = None, *, suggestions: bool | None = False
) -> dict[int, list[Annotation]]:
    """Annotations by image, lowest z first; images without any are left out.

    `ids` None means all images. `suggestions`: False accepted only, True suggestions only,
    None both.
    """
    where, parameters = [], list[object]()
    if ids is not None:
        where.append(f"image_id IN {_IN}")
        parameters.append(listed(ids))
    if suggestions is not None:
        where.append("suggestion = ?")
        parameters.append(int(suggestions))
    found: dict[int, list[Annotation]] = {}
    clause = " AND ".join(where) or None
    for row in db.rows("annotations", clause, parameters, order_by="image_id, z, id"):
        found.setdefault(row["image_id"], []).append(annotation(row))
    return found


def image_labels(db: Db) -> list[tuple[int, int]]:
    """(image id, label id) of every accepted image label; the quick way for training."""
    return [
        (row[0], row[1])
        for row in db.execute(
            "SELECT image_id, label_id FROM annotations"
            " WHERE kind = 'image_label' AND suggestion = 0 ORDER BY image_id, label_id"
        )
    ]


def images_with(db: Db, kinds: Iterable[str]) -> set[int]:
    """The images that hold an accepted annotation of one of these kinds."""
    return set(
        db.column(
            f"SELECT DISTINCT image_id FROM annotations WHERE suggestion = 0 AND kind IN {_IN}",
            (listed(kinds),),
        )
    )


def labels_by_image(db: Db) -> dict[int, tuple[int, ...]]:
    """The label ids of every image with an accepted annotation of any kind, in rising order."""
    found: dict[int, list[int]] = {}
    for image, label in db.execute(
        "SELECT DISTINCT image_id, label_id FROM annotations WHERE suggestion = 0"
        " ORDER BY image_id, label_id"
    ):
        found.setdefault(image, []).append(label)
    return {image: tuple(labels) for image, labels in found.items()}


def add(db: Db, annotations: Iterable[Annotation]) -> list[str]:
    """Store annotations (their ids are ignored); the new ids, in order.

    An empty author or time in the provenance is filled from the transaction. An image label
    that is there already is not stored twice; its id is returned.
    """
    ids: list[int] = []
    records: list[Record] = []
    fresh: dict[tuple[object, ...], int] = {}
    number = db.last_id("annotations")
    for item in annotations:
        key = (item.image, item.label, item.provenance.suggestion and (item.provenance.run,))
        is_label = isinstance(item, ImageLabel)
        known = (fresh.get(key) or _same_image_label(db, item)) if is_label else None
        if known is None:
            number += 1
            known = number
            records.append({"id": known, **record(db, item)})
            if is_label:
                fresh[key] = known
        ids.append(known)
    db.insert_all("annotations", records)
    return [str(number) for number in ids]


def _same_image_label(db: Db, item: Annotation) -> int | None:
    suggestion = item.provenance.suggestion
    found: int | None = db.value(
        "SELECT id FROM annotations WHERE image_id = ? AND label_id = ? AND suggestion = ?"
        " AND kind = 'image_label' AND (suggestion = 0 OR run IS ?)",
        (item.image, item.label, int(suggestion), item.provenance.run),
    )
    return found


def delete(db: Db, ids: Iterable[str]) -> None:
    """Delete annotations by id."""
    db.execute(f"DELETE FROM annotations WHERE id IN {_IN}", (listed(int(i) for i in ids),))


def set_image_label(
    db: Db,
    ids: Iterable[int],
    label_id: int | None,
    provenance: Provenance | None = None,
    exclusive: bool = True,
) -> None:
    """Give these images the label; None takes all their image labels away.

    `exclusive` replaces the labels of the same exclusive set. Accepted labels and suggestions
    never touch each other here: the provenance says which of the two is set. The images'
    state is the caller's business. Ids of no image are passed over.
    """
    made = provenance or Provenance()
    wanted, kind = listed(ids), int(made.suggestion)
    where = f"image_id IN {_IN} AND kind = 'image_label' AND suggestion = ?"
    if label_id is None:
        db.execute(f"DELETE FROM annotations WHERE {where}", (wanted, kind))
        return
    if exclusive:
        db.execute(
            f"DELETE FROM annotations WHERE {where} AND label_id <> ? AND label_id IN"
            " (SELECT id FROM labels WHERE exclusive_set ="
            " (SELECT exclusive_set FROM labels WHERE id = ?))",
            (wanted, kind, label_id, label_id),
        )
    if made.suggestion:
        db.execute(
            f"DELETE FROM annotations WHERE {where} AND label_id = ?", (wanted, kind, label_id)
        )
    author = made.author or db.author
    db.execute(
        "INSERT INTO annotations (image_id, kind, label_id, source, run, confidence, suggestion,"
        " author, created_at, updated_at, updated_by)"
        " SELECT i.id, 'image_label', :label, :source, :run, :confidence, :suggestion,"
        " :author, :created, :updated, :author FROM images i"
        " WHERE i.id IN (SELECT value FROM json_each(:wanted)) AND NOT EXISTS"
        " (SELECT 1 FROM annotations a WHERE a.image_id = i.id AND a.label_id = :label"
        " AND a.kind = 'image_label' AND a.suggestion = :suggestion)",
        {
            "wanted": wanted,
            "label": label_id,
            "source": made.source.value,
            "run": made.run,
            "confidence": made.confidence,
            "suggestion": kind,
            "author": author,
            "created": made.created_at or db.now,
            "updated": made.updated_at or db.now,
        },
    )


def remove_image_label(db: Db, ids: Iterable[int], label_id: int) -> list[int]:
    """Take this accepted image label away from these images; those that had it."""
    where = f"image_id IN {_IN} AND label_id = ? AND kind = 'image_label' AND suggestion = 0"
    wanted = (listed(ids), label_id)
    had = db.column(f"SELECT image_id FROM annotations WHERE {where}", wanted)
    db.execute(f"DELETE FROM annotations WHERE {where}", wanted)
    return had


def delete_suggestions(
    db: Db, ids: Iterable[int], *, label_id: int | None = None, kind: str | None = None
) -> None:
    """Drop the suggestions on these images: all, or those of one label or kind."""
    db.execute(
        "DELETE FROM annotations WHERE image_id IN (SELECT value FROM json_each(:ids))"
        " AND suggestion = 1 AND (:label IS NULL OR label_id = :label)"
        " AND (:kind IS NULL OR kind = :kind)",
        {"ids": listed(ids), "label": label_id, "kind": kind},
    )


def accept_shapes(db: Db, ids: Iterable[int]) -> set[int]:
    """Make the suggested shapes of these images accepted ones; the images that had any."""
    wanted = listed(ids)
    where = f"image_id IN {_IN} AND suggestion = 1 AND kind <> 'image_label'"
    found = set(db.column(f"SELECT image_id FROM annotations WHERE {where}", (wanted,)))
    db.execute(
        f"UPDATE annotations SET suggestion = 0, updated_at = ?, updated_by = ? WHERE {where}",
        (db.now, db.author, wanted),
    )
    return found


def suggested_labels(db: Db, ids: Iterable[int]) -> list[tuple[int, int, str | None, float | None]]:
    """(image, label, run, confidence) of suggested image labels, surest first per image."""
    return [
        (row[0], row[1], row[2], row[3])
        for row in db.execute(
            "SELECT image_id, label_id, run, confidence FROM annotations"
            f" WHERE image_id IN {_IN} AND suggestion = 1 AND kind = 'image_label'"
            " ORDER BY image_id, confidence DESC, id",
            (listed(ids),),
        )
    ]


def counts(db: Db) -> dict[str, int]:
    """Accepted annotations by kind; "suggestions" is in it when there are any."""
    return {
        row[0]: row[1]
        for row in db.execute(
            "SELECT CASE suggestion WHEN 1 THEN 'suggestions' ELSE kind END AS what, count(*)"
            " FROM annotations GROUP BY what"
        )
    }


def all_have_image_label(db: Db, ids: Iterable[int], label_id: int) -> bool:
    """Whether every one of these images carries this accepted image label."""
    return not db.value(
        "SELECT EXISTS (SELECT 1 FROM json_each(?) WHERE value NOT IN (SELECT image_id"
        " FROM annotations WHERE label_id = ? AND kind = 'image_label' AND suggestion = 0))",
        (listed(ids), label_id),
    )
