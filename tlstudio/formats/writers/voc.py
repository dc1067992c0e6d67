"""Pascal VOC boxes: Annotations/NAME.xml, JPEGImages/NAME, lists in ImageSets/Main.

Pixels are counted from 1 and the last one belongs to the box: x of ours is xmin - 1, x + w is
xmax. http://host.robots.ox.ac.uk/pascal/VOC/voc2012/htmldoc/devkit_doc.html
"""

from __future__ import annotations

from pathlib import Path

from tlstudio.domain.progress import Cancel, Progress
from tlstudio.formats.annotation_set import ReadShape
from tlstudio.formats.readers._values import yes
from tlstudio.formats.writers.exported import (
    Export,
    Folder,
    OutImage,
    Tally,
    WriteReport,
    split_name,
    stem,
)
from tlstudio.formats.writers.geometry import bounds_of
from tlstudio.formats.writers.words import number, xml_text

NAME = "voc"
STEMS = True
HOLDS = frozenset({"box", "polygon", "mask", "splits", "attributes"})
FLAGS = ("truncated", "difficult", "occluded")
POSE = "pose"
FIRST_PIXEL = 1


def place(image: OutImage) -> str:
    return f"JPEGImages/{image.name}"


def write(export: Export, out: Path, progress: Progress, cancel: Cancel) -> WriteReport:
    """Polygons and masks go out as the boxes around them."""
    tally, folder = Tally(export, HOLDS), Folder(out)
    lists: dict[str, list[str]] = {}
    for image in tally.walk(progress, cancel):
        name = stem(image.name)
        lists.setdefault(split_name(image.split, "default"), []).append(name)
        folder.text(f"Annotations/{name}.xml", _page(image, tally))
    for split, names in lists.items():
        folder.text(f"ImageSets/Main/{split}.txt", "".join(f"{name}\n" for name in names))
    return tally.report()


def _page(image: OutImage, tally: Tally) -> str:
    objects = "".join(_object(shape, tally) for shape in image.shapes)
    return (
        "<annotation>\n"
        "  <folder>JPEGImages</folder>\n"
        f"  <filename>{xml_text(image.name)}</filename>\n"
        "  <source><database>TL Studio</database><annotation>PASCAL VOC2012</annotation></source>\n"
        f"  <size><width>{image.width}</width><height>{image.height}</height>"
        "<depth>3</depth></size>\n"
        "  <segmented>0</segmented>\n"
        f"{objects}</annotation>\n"
    )


def _object(shape: ReadShape, tally: Tally) -> str:
    if shape.box is None:
        tally.lose("export.changed.to_box")
    x, y, w, h = bounds_of(shape)
    corners = (
        ("xmin", x + FIRST_PIXEL),
        ("ymin", y + FIRST_PIXEL),
        ("xmax", x + w),
        ("ymax", y + h),
    )
    box = "".join(f"<{name}>{number(value)}</{name}>" for name, value in corners)
    tally.lose("export.lost.attributes", not shape.attributes.keys() <= {POSE, *FLAGS})
    pose = xml_text(str(shape.attributes.get(POSE) or "Unspecified"))
    flags = "".join(f"<{name}>{int(yes(shape.attributes.get(name)))}</{name}>" for name in FLAGS)
    return (
        f"  <object><name>{xml_text(shape.label)}</name><pose>{pose}</pose>{flags}"
        f"<bndbox>{box}</bndbox></object>\n"
    )
