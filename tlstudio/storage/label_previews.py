"""How much carries each label; what merging or deleting labels would change, counted first."""

from __future__ import annotations

from collections.abc import Iterable

from tlstudio.storage.connection import Db, listed

_IN = "IN (SELECT value FROM json_each(:going))"


def figures(db: Db) -> dict[int, tuple[int, int]]:
    """Images and shapes (boxes, polygons, masks) of each label that has any, accepted ones."""
    return {
        row[0]: (row[1], row[2])
        for row in db.execute(
            "SELECT label_id, count(DISTINCT image_id), sum(kind <> 'image_label')"
            " FROM annotations WHERE suggestion = 0 GROUP BY label_id"
        )
    }


def counts(db: Db, label_ids: Iterable[int]) -> dict[str, int]:
    """What carries one of these labels.

    Keys: images (that have any of it), image_labels, boxes, polygons, masks (accepted ones),
    suggestions (of all kinds).
    """
    names = {
        "image_label": "image_labels",
        "box": "boxes",
        "polygon": "polygons",
        "mask": "masks",
        "suggestion": "suggestions",
    }
    going = {"going": listed(label_ids)}
    found = dict.fromkeys(("images", *names.values()), 0)
    found["images"] = db.value(
        f"SELECT count(DISTINCT image_id) FROM annotations WHERE label_id {_IN}", going
    )
    for kind, number in db.execute(
        "SELECT CASE suggestion WHEN 1 THEN 'suggestion' ELSE kind END AS what, count(*)"
        f" FROM annotations WHERE label_id {_IN} GROUP BY what",
        going,
    ):
        found[names[kind]] = number
    return found


def left_with_nothing(db: Db, label_ids: Iterable[int]) -> int:
    """How many images, not unlabelled now, would lose their last accepted annotation."""
    return int(
        db.value(
            "SELECT count(*) FROM images i WHERE i.state <> 'unlabelled' AND i.id IN"
            f" (SELECT image_id FROM annotations WHERE suggestion = 0 AND label_id {_IN})"
            " AND NOT EXISTS (SELECT 1 FROM annotations a WHERE a.image_id = i.id"
            f" AND a.suggestion = 0 AND a.label_id NOT {_IN})",
            {"going": listed(label_ids)},
        )
    )


def said_twice(db: Db, from_ids: Iterable[int], into_id: int) -> int:
    """How many accepted image labels a merge would drop, the image keeping one that says it."""
    together = listed({*from_ids, into_id})
    return int(
        db.value(
            "SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM annotations"
            f" WHERE kind = 'image_label' AND suggestion = 0 AND label_id {_IN}"
            " GROUP BY image_id)",
            {"going": together},
        )
    )
