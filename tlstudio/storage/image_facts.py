"""Facts beside an image that only some images have: kept as JSON in images.attributes."""

from __future__ import annotations

import json
from collections.abc import Iterable

from tlstudio.domain.spacing import Spacing
from tlstudio.storage.connection import Db, listed


def set_spacing(db: Db, image_ids: Iterable[int], spacing: Spacing | None) -> None:
    """Write down how large a pixel of these images is; None forgets what was written down."""
    given = None if spacing is None else json.dumps([spacing.x, spacing.y, spacing.unit])
    change = (
        "json_remove(attributes, '$.spacing')"
        if given is None
        else "json_set(attributes, '$.spacing', json(:given))"
    )
    db.execute(
        f"UPDATE images SET attributes = {change}, changed_at = :now, changed_by = :author"
        " WHERE id IN (SELECT value FROM json_each(:ids))"
        " AND json_extract(attributes, '$.spacing') IS NOT json_extract(:given, '$')",
        {"given": given, "now": db.now, "author": db.author, "ids": listed(image_ids)},
    )


def spacing(db: Db, image_id: int) -> Spacing | None:
    """What a person has written down about the size of a pixel."""
    text = db.value(
        "SELECT json_extract(attributes, '$.spacing') FROM images WHERE id = ?", (image_id,)
    )
    return None if text is None else Spacing(*json.loads(text))
