"""The largest shapes of each image, for thumbnails."""

from __future__ import annotations

from collections.abc import Iterable

from tlstudio.storage.connection import Db, Record, listed


def largest(db: Db, ids: Iterable[int], most: int) -> list[Record]:
    """The `most` largest shapes of each of these images, by image, lowest first.

    Records hold id, image_id, label_id, kind, suggestion, x, y, w, h and parts, and the width
    and height of the image.
    """
    return db.all(
        "SELECT a.id, a.image_id, a.label_id, a.kind, a.suggestion, a.x, a.y, a.w, a.h, a.parts,"
        " i.width, i.height FROM"
        " (SELECT id, row_number() OVER (PARTITION BY image_id ORDER BY w * h DESC, id) AS place"
        " FROM annotations WHERE image_id IN (SELECT value FROM json_each(?))"
        " AND kind <> 'image_label') chosen"
        " JOIN annotations a ON a.id = chosen.id JOIN images i ON i.id = a.image_id"
        " WHERE chosen.place <= ? ORDER BY a.image_id, a.z, a.id",
        (listed(ids), most),
    )
