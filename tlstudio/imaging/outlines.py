"""Outlines as sets of points: joined, subtracted, cut, made valid.

An outline is `Parts`: parts, each an outer ring followed by its holes, rings not closed by a
repeated point. A ring that crosses itself covers what an even-odd rule says; a part covers its
outer ring without its holes; parts cover what any of them does. Every function answers with
valid outlines: rings do not cross, holes lie inside, parts do not overlap.

UserErrors of all functions: shape.not_finite for coordinates that are no numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import shapely
from shapely import Geometry, LineString, MultiPolygon, Point, Polygon
from shapely.errors import GEOSException

from tlstudio.domain.errors import UserError
from tlstudio.domain.shapes import Part, Parts, Ring, ring_area, ring_reason
from tlstudio.imaging.bitmap import Bitmap
from tlstudio.imaging.tracing import bitmap_from_parts, rings_around

__all__ = [
    "area",
    "bitmap_from_parts",
    "box_of",
    "clipped",
    "contains",
    "cut",
    "difference",
    "intersection",
    "is_valid",
    "parts_from_bitmap",
    "separate",
    "simplify",
    "union",
    "valid",
    "within",
    "without_specks",
]

_LEAST_AREA = 1e-6
"""Square pixels below which a piece is rounding and not a shape."""
_FARTHEST = 1e9
"""Pixels; no image reaches so far, and products of such numbers are still exact enough."""


def valid(parts: Parts) -> Parts:
    """The same area in valid rings. UserError("shape.too_small") where there is none."""
    made = _parts(_geometry(parts))
    if not made:
        raise UserError("shape.too_small")
    return made


def is_valid(parts: Parts) -> bool:
    """Whether each part is one by itself: its rings do not cross and holes lie inside."""
    return all(min(map(len, part)) > 2 and Polygon(part[0], part[1:]).is_valid for part in parts)


def union(outlines: Iterable[Parts]) -> Parts:
    """What any of the outlines covers."""
    return _parts(shapely.union_all([_geometry(parts) for parts in outlines]))


def difference(parts: Parts, others: Iterable[Parts]) -> Parts:
    """What none of `others` covers; empty where nothing is left."""
    return _parts(_geometry(parts).difference(shapely.union_all([_geometry(o) for o in others])))


def intersection(parts: Parts, other: Parts) -> Parts:
    """What both cover; empty where they do not meet."""
    return _parts(_geometry(parts).intersection(_geometry(other)))


def within(parts: Parts, width: float, height: float) -> Parts:
    """What lies in the image; unlike points moved to the edge, lines keep their direction."""
    return _parts(_geometry(parts).intersection(shapely.box(0, 0, width, height)))


def clipped(parts: Parts, width: float, height: float) -> Parts:
    """What lies in the image of rings that may cross themselves, and go on doing so; pieces of a
    ring hang together along the edge. It takes no longer than the rings are long.

    Sutherland and Hodgman (1974), Reentrant polygon clipping.
    """
    made = []
    for part in parts:
        rings = []
        for ring in part:
            for axis, edge, sign in ((0, 0.0, 1), (1, 0.0, 1), (0, width, -1), (1, height, -1)):
                ring = _on_one_side(ring, axis, edge, sign)
            rings.append(ring)
        made.append(tuple(rings))
    return tuple(made)


def _on_one_side(ring: Ring, axis: int, edge: float, sign: int) -> Ring:
    made = []
    for one, other in zip(ring, ring[1:] + ring[:1], strict=True):
        inside, stays = sign * (one[axis] - edge) >= 0, sign * (other[axis] - edge) >= 0
        if inside:
            made.append(one)
        if inside != stays:
            part = (edge - one[axis]) / (other[axis] - one[axis])
            along = one[1 - axis] + part * (other[1 - axis] - one[1 - axis])
            made.append((edge, along) if axis == 0 else (along, edge))
    return tuple(made)


def cut(parts: Parts, line: Sequence[tuple[float, float]]) -> list[Parts]:
    """The pieces on either side of a line of two or more points, the largest first.

    Parts that the line does not divide stay with the largest piece.
    Raises UserError("outline.not_cut") where the line divides nothing.
    """
    knife = _line(line)
    pieces: list[Polygon] = []
    untouched: list[Polygon] = []
    for polygon in _polygon_list(_geometry(parts)):
        found = _divided(polygon, knife)
        (pieces if len(found) > 1 else untouched).extend(found)
    if not pieces:
        raise UserError("outline.not_cut")
    pieces.sort(key=lambda piece: -piece.area)
    first = MultiPolygon([pieces[0], *untouched])
    return [_parts(first), *(_parts(piece) for piece in pieces[1:])]


def separate(parts: Parts) -> list[Parts]:
    """Each part, with its holes, as an outline of its own."""
    return [(part,) for part in _parts(_geometry(parts))]


def simplify(parts: Parts, tolerance: float) -> Parts:
    """Fewer points, none of the outline further than `tolerance` pixels from where it was."""
    if tolerance <= 0:
        return _parts(_geometry(parts))
    thinner = shapely.simplify(_geometry(parts), tolerance, preserve_topology=True)
    return _parts(_mended(thinner))


def without_specks(parts: Parts) -> Parts:
    """Without the parts and holes that no shape may have, for they cover next to nothing: what
    arithmetic leaves over where edges nearly meet. Empty where that is all."""
    return tuple(
        (part[0], *(hole for hole in part[1:] if ring_reason(hole) is None))
        for part in parts
        if part and ring_reason(part[0]) is None
    )


def box_of(parts: Parts) -> tuple[float, float, float, float]:
    """(x, y, w, h) of the smallest box around an outline that covers something."""
    left, top, right, bottom = _geometry(parts).bounds
    return left, top, right - left, bottom - top


def area(parts: Parts) -> float:
    """Square pixels that the outline covers."""
    return float(_geometry(parts).area)


def contains(parts: Parts, x: float, y: float) -> bool:
    """Whether the point lies inside or on the outline."""
    return bool(_geometry(parts).intersects(Point(x, y)))


def parts_from_bitmap(bitmap: Bitmap, tolerance: float = 0.0) -> Parts:
    """The outline of a mask: pixels that share an edge are one part, holes are kept.

    With tolerance 0 it runs along the edges of the pixels and `bitmap_from_parts` gives the same
    pixels again; else `simplify` takes the steps out of it, and specks and pinholes smaller than
    a square of twice the tolerance, which it would leave as splinters, go (never all parts).
    """
    rings = rings_around(bitmap)
    shells = [ring for ring, is_hole, _ in rings if not is_hole]
    holes = [(ring, inside) for ring, is_hole, inside in rings if is_hole]
    parts: list[list[Ring]] = [[shell] for shell in shells]
    if holes:
        owners = _owners([Polygon(shell) for shell in shells], [point for _, point in holes])
        for (ring, _), owner in zip(holes, owners, strict=True):
            parts[owner].append(ring)
    made: Parts = tuple(tuple(part) for part in parts)
    return _smooth(made, tolerance) if tolerance > 0 and made else made


def _smooth(parts: Parts, tolerance: float) -> Parts:
    """`parts` simplified without what is too small for the tolerance."""
    least = (2 * tolerance) ** 2
    largest = max(parts, key=lambda part: abs(ring_area(part[0])))
    kept = [part for part in parts if part is largest or abs(ring_area(part[0])) >= least]
    solid = tuple(
        (part[0], *(hole for hole in part[1:] if abs(ring_area(hole)) >= least)) for part in kept
    )
    return without_specks(simplify(solid, tolerance)) or ((largest[0],),)


def _owners(shells: list[Polygon], points: list[tuple[float, float]]) -> list[int]:
    """For each point the innermost of the shells around it."""
    if len(shells) == 1:
        return [0] * len(points)
    tree = shapely.STRtree(shells)
    which, around = tree.query(shapely.points(points), predicate="within")
    owners = [-1] * len(points)
    for point, shell in zip(which.tolist(), around.tolist(), strict=True):
        if owners[point] < 0 or shells[shell].area < shells[owners[point]].area:
            owners[point] = shell
    return owners


# --- to Shapely and back ----------------------------------------------------------------------


def _geometry(parts: Parts) -> Geometry:
    made = [_part_area(part) for part in parts if part]
    return made[0] if len(made) == 1 else shapely.union_all(made)


def _part_area(part: Part) -> Geometry:
    for ring in part:
        _refuse_odd_numbers(ring)
    whole = Polygon(part[0], part[1:]) if min(map(len, part)) > 2 else None
    if whole is not None and whole.is_valid:
        return whole
    holes = shapely.union_all([_ring_area(hole) for hole in part[1:]])
    return _ring_area(part[0]).difference(holes)


def _ring_area(ring: Ring) -> Geometry:
    """What the ring covers by the even-odd rule; nothing for fewer than three points."""
    if len(ring) < 3:
        return Polygon()
    whole = Polygon(ring)
    if whole.is_valid:
        return whole
    lines = shapely.union_all([LineString([*ring, ring[0]])])
    faces = shapely.get_parts(shapely.polygonize([lines])).tolist()
    return shapely.union_all([face for face in faces if _odd(ring, face.representative_point())])


def _odd(ring: Ring, point: Point) -> bool:
    """Whether a walk from the point to the right crosses the ring an odd number of times."""
    start = np.array(ring, dtype=np.float64)
    end = np.roll(start, -1, axis=0)
    passed = (start[:, 1] <= point.y) != (end[:, 1] <= point.y)
    start, end = start[passed], end[passed]
    part = (point.y - start[:, 1]) / (end[:, 1] - start[:, 1])
    right = start[:, 0] + part * (end[:, 0] - start[:, 0]) > point.x
    return bool(np.count_nonzero(right) % 2)


def _refuse_odd_numbers(points: Iterable[tuple[float, float]]) -> None:
    if not all(abs(x) < _FARTHEST and abs(y) < _FARTHEST for x, y in points):
        raise UserError("shape.not_finite")


def _mended(geometry: Geometry) -> Geometry:
    """A valid geometry of areas only."""
    if geometry.is_valid and isinstance(geometry, Polygon | MultiPolygon):
        return geometry
    return MultiPolygon(_polygon_list(shapely.make_valid(geometry, method="linework")))


def _polygon_list(geometry: Geometry) -> list[Polygon]:
    """The areas in it; points, lines and slivers that arithmetic leaves are let go."""
    return [
        piece
        for piece in shapely.get_parts(shapely.get_parts(geometry)).tolist()
        if isinstance(piece, Polygon) and piece.area > _LEAST_AREA
    ]


def _parts(geometry: Geometry) -> Parts:
    return tuple(
        (_ring(polygon.exterior), *(_ring(hole) for hole in polygon.interiors))
        for polygon in _polygon_list(geometry)
    )


def _ring(ring: Geometry) -> Ring:
    return tuple((float(x), float(y)) for x, y in shapely.get_coordinates(ring)[:-1])


def _line(points: Sequence[tuple[float, float]]) -> LineString:
    _refuse_odd_numbers(points)
    if len(set(points)) < 2:
        raise UserError("outline.not_cut")
    return LineString(points)


def _divided(polygon: Polygon, knife: LineString) -> list[Polygon]:
    """The pieces of a polygon: the faces that its boundary and the line enclose inside it."""
    try:
        lines = shapely.node(shapely.union_all([polygon.boundary, knife]))
        faces = shapely.get_parts(shapely.polygonize([lines])).tolist()
    except GEOSException:
        return [polygon]
    shapely.prepare(polygon)
    inside = [
        face
        for face in faces
        if face.area > _LEAST_AREA and polygon.contains(face.representative_point())
    ]
    return inside if len(inside) > 1 else [polygon]
