"""Mask pixels: compressed 512-pixel tiles of a mask annotation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tlstudio.storage.connection import Db, listed

TILE = 512

Place = tuple[int, int]


def put_tiles(db: Db, annotation_id: str, tiles: Mapping[Place, bytes]) -> None:
    """Store tiles by (column, row) of the 512-pixel grid; those there are replaced."""
    mask = int(annotation_id)
    db.many(
        "INSERT INTO mask_tiles (annotation_id, tile_x, tile_y, data) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (annotation_id, tile_x, tile_y) DO UPDATE SET data = excluded.data"
        " WHERE data IS NOT excluded.data",
        [(mask, x, y, data) for (x, y), data in tiles.items()],
    )


def delete_tiles(db: Db, annotation_id: str, places: Iterable[Place]) -> None:
    """Delete tiles that have become empty."""
    db.many(
        "DELETE FROM mask_tiles WHERE annotation_id = ? AND tile_x = ? AND tile_y = ?",
        [(int(annotation_id), x, y) for x, y in places],
    )


def change_tiles(db: Db, annotation_id: str, tiles: Mapping[Place, bytes | None]) -> bool:
    """Store these tiles; None deletes the one at that place. Whether that changed anything."""
    before = db.database.conn.total_changes
    put_tiles(db, annotation_id, {p: data for p, data in tiles.items() if data is not None})
    delete_tiles(db, annotation_id, [place for place, data in tiles.items() if data is None])
    return db.database.conn.total_changes > before


def tiles(db: Db, annotation_id: str) -> dict[Place, bytes]:
    """All tiles of a mask by (column, row)."""
    return of_masks(db, [annotation_id]).get(annotation_id, {})


def of_masks(db: Db, annotation_ids: Iterable[str]) -> dict[str, dict[Place, bytes]]:
    """All tiles by mask and (column, row); masks without any are left out."""
    found: dict[str, dict[Place, bytes]] = {}
    for mask, x, y, data in db.execute(
        "SELECT annotation_id, tile_x, tile_y, data FROM mask_tiles"
        " WHERE annotation_id IN (SELECT value FROM json_each(?))",
        (listed(int(mask) for mask in annotation_ids),),
    ):
        found.setdefault(str(mask), {})[(x, y)] = bytes(data)
    return found
