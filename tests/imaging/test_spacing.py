"""The size of a pixel is believed where somebody measured it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational, ImageFileDirectory_v2

from tlstudio.domain.spacing import Spacing
from tlstudio.imaging.levels import read_raw

OME = (
    '<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/'
    'OME/2016-06"><Image ID="Image:0"><Pixels ID="Pixels:0" {sizes}/></Image></OME>'
)


def tiff(
    folder: Path,
    text: str = "",
    per: tuple[float, float] | None = None,
    unit: int = 1,
    orientation: int = 1,
) -> Path:
    tags = ImageFileDirectory_v2()
    tags[274] = orientation
    tags.tagtype[270] = 1
    if text:
        tags[270] = text.encode()
    if per:
        tags[282], tags[283] = (IFDRational(round(n * 1000), 1000) for n in per)
        tags[296] = unit
    path = folder / "a.tif"
    Image.new("L", (20, 10)).save(path, tiffinfo=tags)
    return path


@pytest.mark.parametrize(
    ("text", "per", "unit", "wanted"),
    [
        ("", None, 1, None),
        ("", (40_000, 40_000), 3, (0.25, 0.25, "µm")),
        ("", (40_000, 20_000), 3, (0.25, 0.5, "µm")),
        ("", (0, 0), 3, None),
        ("", (2, 2), 3, (5.0, 5.0, "mm")),
        ("", (28.346, 28.346), 3, None),
        ("", (300, 300), 2, None),
        ("", (72, 72), 1, None),
        ("ImageJ=1.53\nunit=micron\n", (4, 4), 1, (0.25, 0.25, "µm")),
        ("ImageJ=1.53\nunit=\\u00B5m\nloop=false\n", (2, 4), 1, (0.5, 0.25, "µm")),
        ("ImageJ=1.53\nunit=nm\n", (0.1, 0.1), 1, (0.01, 0.01, "µm")),
        ("ImageJ=1.53\nunit=mm\n", (4, 4), 1, (0.25, 0.25, "mm")),
        ("ImageJ=1.53\nunit=furlong\n", (4, 4), 1, None),
        ("ImageJ=1.53\n", (40_000, 40_000), 3, None),
        (OME.format(sizes='PhysicalSizeX="0.5" PhysicalSizeY="0.4"'), None, 1, (0.5, 0.4, "µm")),
        (
            OME.format(sizes='PhysicalSizeX="250" PhysicalSizeXUnit="nm"'),
            None,
            1,
            (0.25, 0.25, "µm"),
        ),
        (
            OME.format(
                sizes='PhysicalSizeX="250" PhysicalSizeXUnit="nm" PhysicalSizeY="250"'
                ' PhysicalSizeYUnit="nm"'
            ),
            None,
            1,
            (0.25, 0.25, "µm"),
        ),
        (OME.format(sizes='PhysicalSizeX="x"'), None, 1, None),
        (OME.format(sizes='PhysicalSizeX="1" PhysicalSizeXUnit="pixel"'), None, 1, None),
        (OME.format(sizes='PhysicalSizeX="nan"'), None, 1, None),
        (OME.format(sizes='PhysicalSizeX="-1"'), None, 1, None),
        ("<OME PhysicalSizeX", None, 1, None),
        ('<!DOCTYPE x [<!ENTITY a "b">]><OME PhysicalSizeX="1"/>', None, 1, None),
    ],
)
def test_what_a_tiff_says(
    text: str,
    per: tuple[float, float] | None,
    unit: int,
    wanted: tuple[float, float, str] | None,
    tmp_path: Path,
) -> None:
    found = read_raw(tiff(tmp_path, text, per, unit)).spacing
    if wanted is None:
        assert found is None
    else:
        assert found is not None and found.unit == wanted[2]
        assert (found.x, found.y) == pytest.approx(wanted[:2])


def test_a_turned_image_has_turned_pixels(tmp_path: Path) -> None:
    raw = read_raw(tiff(tmp_path, per=(40_000, 20_000), unit=3, orientation=6))
    assert (raw.width, raw.height) == (10, 20)
    assert raw.spacing == Spacing(0.5, 0.25, "µm")


def test_other_formats_are_not_believed(tmp_path: Path) -> None:
    Image.new("L", (20, 10)).save(tmp_path / "a.png", dpi=(1000, 1000))
    Image.new("L", (20, 10)).save(tmp_path / "a.jpg", dpi=(1000, 1000))
    assert read_raw(tmp_path / "a.png").spacing is None
    assert read_raw(tmp_path / "a.jpg").spacing is None
