"""Annotation files out: each format is one module, all of them take the same export.

A writer writes below one folder, which is new, with names that are safe already; it says what
its format cannot hold by counting it.
"""

from __future__ import annotations

from importlib import import_module

from tlstudio.domain.errors import UserError
from tlstudio.formats.writers.exported import Writer

FORMATS = (
    "coco",
    "yolo",
    "yolo-seg",
    "voc",
    "labelme",
    "cvat",
    "label-studio",
    "datumaro",
    "geojson",
    "masks",
    "csv",
)
"""The names of all formats that can be written."""

_MODULES = {"csv": "csv_table", "masks": "mask_images"}


def writer(name: str) -> Writer:
    """The writer of that format. Raises UserError("export.format")."""
    if name not in FORMATS:
        raise UserError("export.format", format=name, known=", ".join(FORMATS))
    module = _MODULES.get(name, name.replace("-", "_"))
    made = import_module(f"{__name__}.{module}")
    return Writer(made.NAME, made.STEMS, made.place, made.write)
