"""GeoJSON as QuPath has it: one NAME.geojson for each image, y downwards, in pixels.

Holes and parts are held. https://www.rfc-editor.org/rfc/rfc7946,
https://qupath.readthedocs.io/en/stable/docs/advanced/exporting_annotations.html
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tlstudio.domain.progress import Cancel, Progress
from tlstudio.domain.shapes import Part
from tlstudio.formats.annotation_set import ReadShape
from tlstudio.formats.writers.exported import Export, Folder, OutImage, Tally, WriteReport, stem
from tlstudio.formats.writers.geometry import outline_of
from tlstudio.formats.writers.words import json_text, rgb

NAME = "geojson"
STEMS = True
HOLDS = frozenset({"box", "polygon", "mask"})


def place(image: OutImage) -> str:
    return image.name


def write(export: Export, out: Path, progress: Progress, cancel: Cancel) -> WriteReport:
    """Boxes go out by their corners, masks as the outlines along their pixels."""
    tally, folder = Tally(export, HOLDS), Folder(out)
    colours = {label.name: rgb(label.colour) for label in export.labels}
    for image in tally.walk(progress, cancel):
        features = [_feature(shape, colours, tally) for shape in image.shapes]
        page = {"type": "FeatureCollection", "features": features}
        folder.text(f"{stem(image.name)}.geojson", f"{json_text(page)}\n")
    return tally.report()


def _feature(
    shape: ReadShape, colours: dict[str, tuple[int, int, int]], tally: Tally
) -> dict[str, Any]:
    if shape.parts is None:
        tally.lose("export.changed.to_polygon")
    parts = [_rings(part) for part in outline_of(shape)]
    one = len(parts) == 1
    return {
        "type": "Feature",
        "geometry": {
            "type": "Polygon" if one else "MultiPolygon",
            "coordinates": parts[0] if one else parts,
        },
        "properties": {
            "objectType": "annotation",
            "classification": {"name": shape.label, "color": colours[shape.label]},
        },
    }


def _rings(part: Part) -> list[list[tuple[float, float]]]:
    """Each ring ends where it began."""
    return [[*ring, ring[0]] for ring in part]
