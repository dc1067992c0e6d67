"""DICOM pixels: each frame as values of its modality, with the windows that the file states."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tlstudio.domain.errors import UserError
from tlstudio.domain.spacing import Spacing
from tlstudio.imaging.codestreams import stated_size
from tlstudio.imaging.dicom.groups import number, numbers, where
from tlstudio.imaging.dicom.header import Header, damage, looks_like_dicom, opened_dicom
from tlstudio.imaging.dicom.identity import Origin, origin_of, position_of
from tlstudio.imaging.dicom.values import modality_of
from tlstudio.imaging.dicom.windows import windows_of
from tlstudio.imaging.limits import refuse_too_large, require
from tlstudio.imaging.plain import opened
from tlstudio.imaging.planes import Plane, deep_colour, image_of
from tlstudio.imaging.spacing import made

_PANIC = "PanicException"
"""What a decoder written in Rust raises instead of an error: no Exception, so it is named."""
_BIG_ENDIAN = "1.2.840.10008.1.2.2"
_SLACK = 2**20  # pixels by which a codestream may be larger than the file says it is
_COLOUR = frozenset(
    {"RGB", "YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_422", "YBR_PARTIAL_420", "YBR_ICT", "YBR_RCT"}
)


@contextmanager
def dicom_pages(path: Path) -> Iterator[DicomPages]:
    """The frames of a DICOM file for the block. Raises the UserErrors of `opened_dicom`, and
    data.dicom_no_image, data.dicom_codec, data.too_large, data.too_many_pixels."""
    with opened_dicom(path) as header:
        try:
            pages = DicomPages(header)
        except Exception as error:  # hostile bytes raise anything
            raise damage(error, path) from None
        yield pages


def group_of_file(path: Path, key: Callable[[], bytes]) -> str | None:
    """The group that a DICOM file names, told by its header; None for any other file."""
    with opened(path) as file:
        if not looks_like_dicom(path, file.read(132)):
            return None
    with opened_dicom(path) as header:
        return origin_of(header.data).group(key())


class DicomPages:
    """`origin` says whose it is; `notes` are facts of the file that name nobody."""

    format = "DICOM"

    def __init__(self, header: Header) -> None:
        self._header, self._path = header, header.path
        data = self._data = header.data
        self._little = header.syntax != _BIG_ENDIAN
        rows, columns = int(number(data.get("Rows"), 0)), int(number(data.get("Columns"), 0))
        if rows < 1 or columns < 1 or not header.has_pixels:
            raise UserError("data.dicom_no_image", file=str(self._path))
        self._shape = (rows, columns)
        self.count = max(1, int(number(data.get("NumberOfFrames"), 1)))
        refuse_too_large(columns, rows, self.count, self._path)
        self._refuse_codec()
        self._refuse_missing(0)

    @property
    def origin(self) -> Origin:
        return origin_of(self._data)

    @property
    def notes(self) -> dict[str, object]:
        """`modality`; `burned_in`: the file says that its pixels name somebody; `overlays`: how
        many it has, which are not shown."""
        overlays = sum(each.tag.group >> 8 == 0x60 for each in self._data)
        found: dict[str, object] = {"modality": str(self._data.get("Modality") or "")[:16]}
        if str(self._data.get("BurnedInAnnotation") or "").strip().upper() == "YES":
            found["burned_in"] = True
        return found | ({"overlays": overlays} if overlays else {})

    def position(self, frame: int) -> float | None:
        """Where the frame lies in its series."""
        return position_of(self._data, frame)

    def size(self, frame: int) -> tuple[int, int]:
        require(frame, self.count, self._path)
        return self._shape[1], self._shape[0]

    def area(self, frame: int) -> int:
        require(frame, self.count, self._path)
        return self._shape[0] * self._shape[1]

    def name(self, frame: int) -> str:
        return str(frame + 1) if self.count > 1 else ""

    def read(self, frame: int, **_ways: object) -> Plane:
        require(frame, self.count, self._path)
        try:
            return self._plane(frame, self.stored(frame))
        except BaseException as error:  # hostile bytes raise anything
            if not isinstance(error, Exception) and type(error).__name__ != _PANIC:
                raise
            raise damage(error, self._path) from None

    def stored(self, frame: int) -> NDArray[Any]:
        """Values [h, w] or [h, w, 3] as decoded, before anything is made of them."""
        from pydicom.pixels.decoders.base import get_decoder
        from pydicom.pixels.utils import as_pixel_options

        header = self._header
        self._refuse_missing(frame)
        if header.encapsulated:
            self._check_codestream(frame)
        header.file.seek(header.pixels_at)
        decoder = get_decoder(header.options["transfer_syntax_uid"])
        options = as_pixel_options(self._data, **header.options)
        values: NDArray[Any] = decoder.as_array(header.file, index=frame, **options)[0]
        return values

    # -- what is made of stored values ----------------------------------------------------

    def _plane(self, frame: int, stored: NDArray[Any]) -> Plane:
        data = self._data
        kind = str(data.get("PhotometricInterpretation") or "").strip()
        bits = int(number(data.get("BitsStored"), stored.itemsize * 8))
        spacing = self._spacing(frame)
        if kind == "PALETTE COLOR":
            return Plane(Image.fromarray(self._palette(stored)), kind, 8, spacing=spacing)
        if stored.ndim == 3:
            if kind not in _COLOUR:
                raise UserError("data.mode", file=str(self._path), mode=kind)
            return deep_colour(stored, kind, bits, spacing=spacing)
        if number(data.get("BitsAllocated"), 0) == 1:
            return Plane(image_of(stored.astype(bool)), kind, 1, spacing=spacing)
        if stored.dtype == np.uint16 and bits <= 8 and stored.max() <= 255:
            stored = stored.astype(np.uint8)
        modality = modality_of(data, frame, little=self._little)
        full = modality.full(data)
        negative = full is not None and full[0] < 0
        shape = str(data.get("PresentationLUTShape") or "").strip().upper()
        return Plane(
            image_of(modality.apply(stored)),
            kind,
            bits,
            spacing=spacing,
            windows=windows_of(data, frame, signed=negative, little=self._little),
            inverted=kind == "MONOCHROME1" or shape == "INVERSE",
            unit=modality.unit,
            full=full if stored.dtype.kind in "iu" else None,
        )

    def _palette(self, stored: NDArray[Any]) -> NDArray[np.uint8]:
        """Colours of 8 bits; entries of 16 bits are cut down to their upper half."""
        from pydicom.pixels.processing import apply_color_lut

        colours = apply_color_lut(stored, self._data)[..., :3]
        if colours.dtype != np.uint8:
            colours = colours >> 8 if colours.max() > 255 else colours
        return np.ascontiguousarray(colours.astype(np.uint8))

    def _spacing(self, frame: int) -> Spacing | None:
        """Only that of the patient: a spacing at the detector is that of a magnified shadow."""
        place = where(self._data, frame, "PixelMeasuresSequence", "PixelSpacing")
        found = numbers(place.PixelSpacing) if place is not None else []
        return made(found[1] * 1000, found[0] * 1000) if len(found) == 2 else None

    # -- what is refused ------------------------------------------------------------------

    def _refuse_codec(self) -> None:
        from pydicom.pixels.decoders.base import get_decoder
        from pydicom.uid import UID

        syntax = UID(self._header.syntax)
        try:
            if get_decoder(syntax).is_available:
                return
        except NotImplementedError:
            pass
        name = syntax.name if syntax.is_transfer_syntax else "?"
        raise UserError("data.dicom_codec", file=str(self._path), syntax=name)

    def _refuse_missing(self, frame: int) -> None:
        """Pixels that are not compressed take the room that the file says."""
        header = self._header
        if not header.encapsulated and self._bytes_a_frame() * (frame + 1) > header.pixel_bytes:
            raise UserError("data.truncated", file=str(self._path))

    def _bytes_a_frame(self) -> int:
        data = self._data
        samples = max(1, int(number(data.get("SamplesPerPixel"), 1)))
        bits = max(1, int(number(data.get("BitsAllocated"), 8)))
        halved = data.get("PhotometricInterpretation") == "YBR_FULL_422"
        values = self._shape[0] * self._shape[1] * samples
        return values * bits // 8 * 2 // (3 if halved else 2)

    def _check_codestream(self, frame: int) -> None:
        """A small file may hold a picture that says it is huge."""
        from pydicom.encaps import get_frame

        file = self._header.file
        file.seek(self._header.pixels_at)
        stream = get_frame(file, frame, number_of_frames=self.count)
        said = stated_size(stream)
        if said is not None and said[0] * said[1] > self._shape[0] * self._shape[1] + _SLACK:
            raise UserError("data.dicom_sizes", file=str(self._path))
