"""CVAT for images 1.1: annotations.xml, images below images/.

https://docs.cvat.ai/docs/manual/advanced/formats/format-cvat/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tlstudio.domain.progress import Cancel, Progress
from tlstudio.domain.shapes import Ring
from tlstudio.formats.annotation_set import ReadShape
from tlstudio.formats.writers.exported import (
    Export,
    Folder,
    OutImage,
    Tally,
    WriteReport,
    in_images,
)
from tlstudio.formats.writers.forms import count_parts, without_holes
from tlstudio.formats.writers.geometry import cropped, pixels_of, runs
from tlstudio.formats.writers.grouping import Groups
from tlstudio.formats.writers.words import json_text, number, xml_text, xml_value

NAME = "cvat"
STEMS = False
HOLDS = frozenset({"image_label", "box", "polygon", "mask", "splits", "groups", "attributes"})

place = in_images


def write(export: Export, out: Path, progress: Progress, cancel: Cancel) -> WriteReport:
    """Polygons with holes go out as masks; parts go out apart, in one group."""
    tally = Tally(export, HOLDS)
    groups = Groups(tally)
    with Folder(out).path("annotations.xml").open("w", encoding="utf-8", newline="\n") as file:
        file.write('<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n')
        file.write("<version>1.1</version>\n")
        file.write(f"<meta><task><name>TL Studio</name>{_labels(export)}</task></meta>\n")
        for index, image in enumerate(tally.walk(progress, cancel)):
            subset = "" if image.split is None else f' subset="{image.split.value}"'
            head = f'<image id="{index}" name={xml_value(image.name)}{subset}'
            file.write(f'{head} width="{image.width}" height="{image.height}">\n')
            groups.start(image)
            file.writelines(_elements(image, groups, tally))
            file.write("</image>\n")
        file.write("</annotations>\n")
    return tally.report()


def _labels(export: Export) -> str:
    each = (
        f"<label><name>{xml_text(label.name)}</name><color>{xml_text(label.colour)}</color>"
        "<attributes></attributes></label>"
        for label in export.labels
    )
    return f"<labels>{''.join(each)}</labels>"


def _elements(image: OutImage, groups: Groups, tally: Tally) -> Iterator[str]:
    for z, shape in enumerate(image.shapes):
        inside = _attributes(shape.attributes, tally)
        label = f"label={xml_value(shape.label)}"
        if shape.kind == "image_label":
            if shape.group is not None:
                tally.lose("export.lost.groups")
            yield f'<tag {label} source="manual">{inside}</tag>\n'
            continue
        form = without_holes(shape, image, tally)
        group = groups.of(form, count_parts(form))
        common = f'{label} source="manual" occluded="0"'
        end = f' z_order="{z}"{"" if group is None else f" group_id={chr(34)}{group}{chr(34)}"}'
        for name, where in _places(form, image):
            yield f"<{name} {common} {where}{end}>{inside}</{name}>\n"


def _places(shape: ReadShape, image: OutImage) -> Iterable[tuple[str, str]]:
    if shape.box is not None:
        x, y, w, h = shape.box
        corners = (("xtl", x), ("ytl", y), ("xbr", x + w), ("ybr", y + h))
        return [("box", " ".join(f'{name}="{number(value)}"' for name, value in corners))]
    if shape.parts is not None:
        return [("polygon", f'points="{_points(part[0])}"') for part in shape.parts]
    area, mask = cropped(pixels_of(shape, image.width, image.height))
    lengths = ", ".join(map(str, runs(mask).tolist()))
    where = f'left="{area.x}" top="{area.y}" width="{area.w}" height="{area.h}"'
    return [("mask", f'rle="{lengths}" {where}')]


def _points(ring: Ring) -> str:
    return ";".join(f"{number(x)},{number(y)}" for x, y in ring)


def _attributes(attributes: Mapping[str, object], tally: Tally) -> str:
    """Values are text in CVAT; what is none goes out as JSON."""
    said = []
    for name, value in attributes.items():
        if not isinstance(value, str | bool):
            tally.lose("export.changed.attribute_text")
        text = value if isinstance(value, str) else json_text(value)
        said.append(f"<attribute name={xml_value(name)}>{xml_text(text)}</attribute>")
    return "".join(said)
