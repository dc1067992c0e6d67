"""Real files of other tools: into a project, out in every format, into an empty project.

    python tests/bench/round_trips.py [--only coco,…] [--sources one_set,…] [--json]

Prints a table: shapes in the first project, shapes in the second, the largest difference of a
coordinate (in pixels; of the boxes around where the kind has changed), masks that differ and by
how many pixels, and the codes of what was warned of. A polygon of several parts counts as that
many shapes; image labels are shapes too. Of pictures of masks, and where masks went out as
outlines, it is compared what is seen at each pixel. Asserts nothing; sources that are missing are
named.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from sets import shared

from tlstudio.domain.errors import UserError
from tlstudio.formats.annotation_set import ReadShape
from tlstudio.formats.writers import FORMATS
from tlstudio.formats.writers.exported import OutImage
from tlstudio.formats.writers.geometry import bounds_of, pixels_of
from tlstudio.services._export_reading import Reader
from tlstudio.services.datasets import ImportOptions, import_source
from tlstudio.services.exporting_labels import export_labels
from tlstudio.services.projects import Project, create_project, open_project
from tlstudio.storage import export_rows, labels

SOURCES = {
    "bccd": ("bccd", "auto"),
    "membrane_em": ("membrane_em", "auto"),
    "pneumoniamnist/test": ("pneumoniamnist/test", "class-folders"),
    **{
        f"one_set/{name}": (f"interchange/one_set_ten_formats/{name}", "auto")
        for name in ("coco1.0", "cvat1.1", "labelImg", "labelme", "labelme3.0", "via", "voc1.1",
                     "yolo", "yolo1.1")
    },
    **{
        name: (f"interchange/label_studio/{name}", "auto")
        for name in ("test_import_yolo_data", "test_import_yolo_data_unif_dims", "test_brush",
                     "test_export_yolo")
    },
}  # fmt: skip

OUTLINES = ("yolo-seg", "geojson")
"""Formats in which a mask goes out as its outlines, many shapes for one."""

Images = dict[str, tuple[OutImage, list[ReadShape]]]


def content(project: Project) -> Images:
    """Listed images with their shapes, each part on its own, by the hash of their files."""
    found: Images = {}
    with project.read() as db:
        facts = export_rows.all_images(db)
        names = {image.id: image.name for image in facts}
        known = {label.id: label.name for label in labels.all_labels(db)}
        reader = Reader(db, facts, names, known, {}, suggestions=True)
        hashes = {image.id: image.sha256 for image in facts}
        for image in reader.walk():
            if image.shapes or image.state.value not in ("unlabelled", "draft"):
                found[hashes[image.id]] = (image, list(pieces(image.shapes)))
    return found


def pieces(shapes: Iterable[ReadShape]) -> Iterable[ReadShape]:
    for shape in shapes:
        if shape.parts is None or len(shape.parts) == 1:
            yield shape
        else:
            yield from (replace(shape, parts=(part,)) for part in shape.parts)


def difference(one: ReadShape, other: ReadShape) -> tuple[float, int]:
    """Largest difference of a coordinate, and of pixels where both are masks."""
    if one.bitmap is not None and other.bitmap is not None:
        return 0.0, int(np.count_nonzero(one.bitmap.whole() ^ other.bitmap.whole()))
    if one.parts is not None and other.parts is not None:
        a, b = one.parts[0][0], other.parts[0][0]
        if len(a) == len(b):
            return float(np.abs(np.array(a) - np.array(b)).max()), 0
    return float(np.abs(corners(one) - corners(other)).max()), 0


def corners(shape: ReadShape) -> np.ndarray:
    x, y, w, h = bounds_of(shape)
    return np.array([x, y, x + w, y + h])


def paired(one: list[ReadShape], other: list[ReadShape]) -> Iterable[tuple[ReadShape, ReadShape]]:
    """Each shape that came back with the nearest of its label that is not taken yet."""
    left = [shape for shape in one if shape.kind != "image_label"]
    for shape in other:
        if shape.kind == "image_label":
            continue
        like = [s for s in left if s.label == shape.label]
        if not like:
            continue
        same = [s for s in like if s.kind == shape.kind] or like
        nearest = min(same, key=lambda s: float(np.abs(corners(s) - corners(shape)).max()))
        left.remove(nearest)
        yield nearest, shape


def painted(image: OutImage, shapes: Iterable[ReadShape], known: set[str]) -> np.ndarray:
    """Which of the labels is seen at each pixel, boxes aside: all that masks say."""
    seen = np.full((image.height, image.width), "", dtype=object)
    for shape in shapes:
        if shape.kind in ("polygon", "mask") and shape.label in known:
            seen[pixels_of(shape, image.width, image.height).whole()] = shape.label
    return seen


def compared(before: Images, after: Images, form: str) -> dict[str, Any]:
    largest, masks, pixels, relabelled = 0.0, 0, 0, 0
    for sha, (image, shapes) in before.items():
        if sha not in after:
            continue
        back = after[sha][1]
        outlined = [shape for shape in shapes if shape.bitmap is not None]
        if form == "masks" or (outlined and form in OUTLINES):
            drawn = shapes if form == "masks" else outlined
            known = {shape.label for shape in drawn}
            wrong = int((painted(image, drawn, known) != painted(image, back, known)).sum())
            masks += wrong > 0
            pixels += wrong
        if form == "masks":
            continue
        if outlined and form in OUTLINES:
            shapes = [shape for shape in shapes if shape.bitmap is None]
            back = [shape for shape in back if shape.label not in {s.label for s in outlined}]
        count = 0
        for one, other in paired(shapes, back):
            near, wrong = difference(one, other)
            largest = max(largest, near)
            masks += wrong > 0
            pixels += wrong
            count += 1
        relabelled += sum(shape.kind != "image_label" for shape in back) - count
    return {
        "images_in": len(before),
        "images_out": len(after),
        "images_not_found_again": len(before.keys() - after.keys()),
        "shapes_in": sum(len(shapes) for _, shapes in before.values()),
        "shapes_out": sum(len(shapes) for _, shapes in after.values()),
        "largest_difference_px": largest,
        "masks_that_differ": masks,
        "pixels_that_differ": pixels,
        "without_a_like": relabelled,
    }


def round_trip(project: Project, before: Images, form: str, place: Path) -> dict[str, Any]:
    out = place / form
    report = export_labels(project, form, out, images="link")
    with create_project(place / f"{form}.tlproj") as again:
        came = import_source(again, out, ImportOptions(copy=False))
        found = compared(before, content(again), form)
    codes = {notice.code.removeprefix("export."): notice.params.get("count")
             for notice in report.warnings}  # fmt: skip
    return {"read_as": came.format, **found, "warned_of": codes, "skipped": len(came.skipped)}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default="", help="these formats")
    parser.add_argument("--sources", default="", help="sources whose name holds one of these")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    forms = [name for name in FORMATS if not asked.only or name in asked.only.split(",")]
    wanted = [text for text in asked.sources.split(",") if text]
    rows: list[dict[str, Any]] = []
    for name, (folder, form) in SOURCES.items():
        if wanted and not any(text in name for text in wanted):
            continue
        rows += source_rows(name, shared() / "data" / folder, form, forms)
    if asked.json:
        print(json.dumps(rows, indent=1, ensure_ascii=False))
    else:
        tell(rows)


def source_rows(name: str, source: Path, form: str, forms: list[str]) -> list[dict[str, Any]]:
    started = time.perf_counter()
    rows: list[dict[str, Any]] = []
    if not source.exists():
        return [{"source": name, "format": "-", "error": "the files are not here"}]
    with tempfile.TemporaryDirectory(prefix="tlstudio-bench-") as made:
        place = Path(made)
        try:
            with create_project(place / "first.tlproj") as project:
                came = import_source(project, source, ImportOptions(form, copy=False))
        except UserError as error:
            return [{"source": name, "format": "-", "error": str(error)}]
        with open_project(place / "first.tlproj", read_only=True) as project:
            before = content(project)
            if not before:
                error = f"read as {came.format}, but no image of it is here"
                return [{"source": name, "format": "-", "error": error}]
            for each in forms:
                row: dict[str, Any] = {"source": name, "came_as": came.format, "format": each}
                try:
                    row |= round_trip(project, before, each, place)
                except UserError as error:
                    row["error"] = str(error)
                rows.append(row)
    print(f"{name}: {time.perf_counter() - started:.1f} s", file=sys.stderr, flush=True)
    return rows


def tell(rows: list[dict[str, Any]]) -> None:
    heads = ("source (format)", "out as", "images", "shapes in", "out", "largest diff px",
             "masks/pixels", "warned of")  # fmt: skip
    table = [heads]
    for row in rows:
        source = f"{row['source']} ({row.get('came_as', '-')})"
        if "error" in row:
            table.append((source, row["format"], "-", "-", "-", "-", "-", row["error"][:70]))
            continue
        warned = " ".join(f"{code}={n}" for code, n in row["warned_of"].items()
                          if code != "lost.authors")  # fmt: skip
        table.append(
            (
                source,
                row["format"] + ("" if row["read_as"] == row["format"] else f" ({row['read_as']})"),
                f"{row['images_in']}/{row['images_out']}",
                str(row["shapes_in"]),
                str(row["shapes_out"]),
                f"{row['largest_difference_px']:.2g}",
                f"{row['masks_that_differ']}/{row['pixels_that_differ']}",
                warned,
            )
        )
    widths = [max(len(line[i]) for line in table) for i in range(len(heads))]
    for line in table:
        print("  ".join(text.ljust(w) for text, w in zip(line, widths, strict=True)).rstrip())


if __name__ == "__main__":
    main()
