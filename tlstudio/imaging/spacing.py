"""How large a pixel is, where the file says so in earnest.

Trusted are ImageJ's description of a TIFF, OME-XML, and a TIFF's resolution in pixels per
centimetre, which microscopes and slide scanners write. A resolution in inches is about paper
and printers; it is not believed, nor that of other formats.
"""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

from PIL import Image

from tlstudio.domain.spacing import Spacing

_DESCRIPTION, _X_RESOLUTION, _Y_RESOLUTION, _RESOLUTION_UNIT = 270, 282, 283, 296
_CENTIMETRE = 3
_LONGEST = 1_000_000  # characters of a description that are read

# Micrometres in a unit, as ImageJ and OME-XML write it.
_MICROMETRES = {
    "nm": 1e-3, "nanometer": 1e-3, "nanometre": 1e-3, "um": 1.0, "µm": 1.0, "μm": 1.0,
    "micron": 1.0, "microns": 1.0, "micrometer": 1.0, "micrometre": 1.0, "mm": 1e3,
    "millimeter": 1e3, "millimetre": 1e3, "cm": 1e4, "centimeter": 1e4, "m": 1e6, "inch": 25_400.0,
}  # fmt: skip
# Micrometres a pixel beyond which a resolution in centimetres is one of paper: 72 and 96 dots an
# inch and their like lie between.
_PAPER = (80.0, 400.0)


def file_spacing(image: Image.Image) -> Spacing | None:
    """What an opened TIFF says about its pixels as they lie in the file; None for what says
    nothing, or nothing that can be meant."""
    if image.format != "TIFF":
        return None
    try:
        tags = image.tag_v2  # type: ignore[attr-defined]
        text = tags.get(_DESCRIPTION, "")
        text = text.decode("utf-8", "replace") if isinstance(text, bytes) else _letters(str(text))
        per = (float(tags.get(_X_RESOLUTION, 0)), float(tags.get(_Y_RESOLUTION, 0)))
        unit = tags.get(_RESOLUTION_UNIT, 0)
    except Exception:  # broken metadata never costs the image
        return None
    return of_tiff(text, per, unit)


def _letters(text: str) -> str:
    """A text as it was meant: Pillow reads all as Latin-1, and OME-XML is UTF-8."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def of_tiff(text: str, per: tuple[float, float], unit: int) -> Spacing | None:
    """What a description, a resolution (pixels per unit, across and down) and its unit say."""
    text = text[:_LONGEST]
    if text.startswith("ImageJ="):
        return _imagej(text, per)
    if "<OME" in text and "PhysicalSizeX" in text:
        return _ome(text)
    if unit == _CENTIMETRE and all(n > 0 for n in per):
        sizes = (1e4 / per[0], 1e4 / per[1])
        if not any(_PAPER[0] < size < _PAPER[1] for size in sizes):
            return made(*sizes)
    return None


def _imagej(text: str, per: tuple[float, float]) -> Spacing | None:
    """ImageJ writes pixels per `unit` in the tags of the resolution."""
    found = re.search(r"^unit=(.+)$", text, re.MULTILINE)
    if found is None or not all(n > 0 for n in per):
        return None
    # Its µ is written as an escape.
    name = found[1].strip().replace("\\u00B5", "µ")
    micrometres = _MICROMETRES.get(name.lower())
    return None if micrometres is None else made(micrometres / per[0], micrometres / per[1])


def _ome(text: str) -> Spacing | None:
    """PhysicalSizeX and PhysicalSizeY of the first Pixels element; µm where no unit is named."""
    if "<!DOCTYPE" in text or "<!ENTITY" in text:  # never needed, and a way to fill the memory
        return None
    try:
        root = ElementTree.fromstring(text[text.index("<") :])  # noqa: S314
        pixels = next(e for e in root.iter() if e.tag.rpartition("}")[2] == "Pixels")
        x = _length(pixels, "X")
        return made(x, _length(pixels, "Y") if "PhysicalSizeY" in pixels.attrib else x)
    except (ElementTree.ParseError, StopIteration, KeyError, ValueError):
        return None


def _length(pixels: ElementTree.Element, axis: str) -> float:
    """Micrometres along an axis; KeyError for none, or for a unit nobody knows."""
    unit = pixels.attrib.get(f"PhysicalSize{axis}Unit", "µm").lower()
    return float(pixels.attrib[f"PhysicalSize{axis}"]) * _MICROMETRES[unit]


def made(x: float, y: float) -> Spacing | None:
    """The size of a pixel from micrometres; in millimetres from a hundred of them up. None where
    it is no length."""
    if not all(math.isfinite(n) and n > 0 for n in (x, y)):
        return None
    if min(x, y) >= 100:
        return Spacing(x / 1000, y / 1000, "mm")
    return Spacing(x, y, "µm")
