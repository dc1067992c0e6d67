"""The same drawings, saved by one tool in several formats, come out the same."""

from __future__ import annotations

from typing import Any

import pytest

from tlstudio.domain.shapes import parts_area
from tlstudio.formats.annotation_set import AnnotationSet

pytestmark = pytest.mark.shared


def outlines(found: AnnotationSet, kind: str) -> list[Any]:
    """(image, label, rounded place) of every box or polygon that is no ellipse."""
    made = []
    for image in found.images:
        name = image.path.rpartition("/")[2]
        for shape in image.shapes:
            if shape.kind != kind or "shape" in shape.attributes:
                continue
            place = shape.box if kind == "box" else shape.parts[0][0]  # type: ignore[index]
            made.append((name, shape.label, repr(_rounded(place))))
    return sorted(made)


def _rounded(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_rounded(one) for one in value)
    return round(value, 1) + 0.0


@pytest.mark.parametrize("kind", ["box", "polygon"])
def test_cvat_as_xml_and_as_labelme_xml(real: Any, kind: str) -> None:
    ours = outlines(real("one_set_ten_formats/cvat1.1"), kind)
    assert ours and ours == outlines(real("one_set_ten_formats/labelme3.0"), kind)


def test_an_ellipse_is_as_large_as_its_mask(real: Any) -> None:
    def round_ones(name: str) -> list[Any]:
        found = real(f"one_set_ten_formats/{name}")
        return [s for i in found.images for s in i.shapes if s.label == "ellipse"]

    curves, masks = round_ones("cvat1.1"), round_ones("labelme3.0")
    assert len(curves) == len(masks) == 2
    for curve, mask in zip(curves, masks, strict=True):
        assert parts_area(curve.parts) == pytest.approx(mask.bitmap.area(), rel=0.02)
