"""Mask pixels: compressed 512-pixel tiles of a mask annotation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tlstudio.storage.connection import Db

TILE = 512

Place = tuple[int, int]


def put_tiles(db: Db, annotation_id: str, tiles: Mapping[Place, bytes]) -> None:
    """Store tiles by (column, row) of the 512-pixel grid; those there are replaced."""
    mask = int(annotation_id)
    db.table("mask_tiles").upsert_all(
        (
            {"annotation_id": mask, "tile_x": x, "tile_y": y, "data": data}
            for (x, y), data in tiles.items()
        ),
        pk=("annotation_id", "tile_x", "tile_y"),
    )


def delete_tiles(db: Db, annotation_id: str, places: Iterable[Place]) -> None:
    """Delete tiles that have become empty."""
    db.many(
        "DELETE FROM mask_tiles WHERE annotation_id = ? AND tile_x = ? AND tile_y = ?",
        [(int(annotation_id), x, y) for x, y in places],
    )


def tiles(db: Db, annotation_id: str) -> dict[Place, bytes]:
    """All tiles of a mask by (column, row)."""
    return {
        (row[0], row[1]): bytes(row[2])
        for row in db.execute(
            "SELECT tile_x, tile_y, data FROM mask_tiles WHERE annotation_id = ?",
            (int(annotation_id),),
        )
    }
