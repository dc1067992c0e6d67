"""The header of a DICOM file, read without its pixels and without any tag that is not asked for."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from tlstudio.domain.errors import UserError
from tlstudio.imaging.plain import failure, opened
from tlstudio.imaging.quiet import quiet

if TYPE_CHECKING:
    from pydicom import Dataset
    from pydicom.dataset import FileMetaDataset
    from pydicom.tag import BaseTag

SUFFIXES = (".dcm", ".dicom", ".ima", ".dc3")
"""Endings, in lower case, under which a file without the DICOM mark is tried all the same."""

_MARK_AT, _MARK = 128, b"DICM"
_INFLATED_LIMIT = 2**30
"""Most bytes that a deflated file may unpack to."""

_WANTED = (
    "SpecificCharacterSet", "SOPClassUID", "SOPInstanceUID", "Modality", "PatientID",
    "IssuerOfPatientID", "PatientIdentityRemoved", "DeidentificationMethod", "StudyInstanceUID",
    "SeriesInstanceUID", "InstanceNumber", "ImagePositionPatient", "ImageOrientationPatient",
    "BurnedInAnnotation", "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration",
    "NumberOfFrames", "Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit",
    "PixelRepresentation", "PixelSpacing", "RescaleIntercept", "RescaleSlope", "RescaleType",
    "ModalityLUTSequence", "WindowCenter", "WindowWidth", "WindowCenterWidthExplanation",
    "VOILUTFunction", "VOILUTSequence", "PresentationLUTShape", "Units",
    "RedPaletteColorLookupTableDescriptor", "GreenPaletteColorLookupTableDescriptor",
    "BluePaletteColorLookupTableDescriptor", "RedPaletteColorLookupTableData",
    "GreenPaletteColorLookupTableData", "BluePaletteColorLookupTableData",
    "SegmentedRedPaletteColorLookupTableData", "SegmentedGreenPaletteColorLookupTableData",
    "SegmentedBluePaletteColorLookupTableData", "PaletteColorLookupTableUID",
    "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence",
)  # fmt: skip
_OVERLAY_ROWS = tuple((0x6000 + 2 * n) << 16 | 0x0010 for n in range(16))


@dataclass(frozen=True, slots=True, eq=False)
class Header:
    """`data` holds the wanted tags alone, `file` is where pixels are read from (inflated where
    the file was deflated), `syntax` is the UID of its transfer syntax. `pixels_at` is where the
    value of the pixel data begins, `pixel_bytes` how much of the file follows, `options` what
    the decoder has to know of it."""

    path: Path
    file: BinaryIO
    data: Dataset
    syntax: str
    pixels_at: int
    pixel_bytes: int
    options: dict[str, Any]

    @property
    def has_pixels(self) -> bool:
        return self.pixel_bytes > 0

    @property
    def encapsulated(self) -> bool:
        from pydicom.uid import UID

        syntax = UID(self.syntax)
        return bool(syntax.is_transfer_syntax and syntax.is_compressed)


def looks_like_dicom(path: Path, head: bytes) -> bool:
    """Whether the first 132 bytes carry the mark, or the name and the first tag speak for it."""
    if head[_MARK_AT : _MARK_AT + 4] == _MARK:
        return True
    return path.suffix.lower() in SUFFIXES and head[:2] in (b"\x02\0", b"\x08\0", b"\0\x08")


@contextmanager
def opened_dicom(path: Path) -> Iterator[Header]:
    """The header, and the file open behind it, for the block.

    Raises the UserErrors of `plain.opened`, and data.not_image, data.truncated, data.corrupt,
    data.too_large.
    """
    with opened(path) as file, quiet():
        try:
            header = _read(path, file)
        except Exception as error:  # hostile bytes raise anything
            raise damage(error, path) from None
        yield header


def whole_dicom(path: Path) -> tuple[Dataset, str]:
    """All of a file in memory, every tag of it, and the UID of a transfer syntax to write it in.
    Raises whatever the library raises on a broken file, and the UserErrors of `opened_dicom`."""
    from pydicom import dcmread

    with opened_dicom(path) as header:
        header.file.seek(0)
        return dcmread(header.file, force=True), header.syntax


def damage(error: BaseException, path: Path) -> UserError:
    """What a person is told; the library's own words may quote tags and are not passed on."""
    if isinstance(error, UserError):
        return error
    words = str(error).lower()
    if "less than expected" in words or "unexpected end" in words or isinstance(error, EOFError):
        return UserError("data.truncated", file=str(path))
    if isinstance(error, MemoryError):
        return failure(error, path)
    if "unable to decode" in words:
        return UserError("data.dicom_undecodable", file=str(path))
    return UserError("data.corrupt", file=str(path), detail=type(error).__name__)


def _read(path: Path, file: BinaryIO) -> Header:
    from pydicom import config, dcmread
    from pydicom.uid import UID, DeflatedExplicitVRLittleEndian

    config.settings.reading_validation_mode = config.IGNORE
    meta, start = _meta(file)
    syntax = str(meta.get("TransferSyntaxUID", "") or "")
    if syntax == DeflatedExplicitVRLittleEndian:
        file = _inflated(path, file, meta, start)
        syntax = str(meta.TransferSyntaxUID)
    file.seek(0)
    data = dcmread(file, stop_before_pixels=True, force=True, specific_tags=_wanted())
    _drop_broken(data)
    if not syntax:
        syntax = _guessed(data)
    at, options = _pixels(file, data)
    size = file.seek(0, io.SEEK_END)
    options["transfer_syntax_uid"] = UID(syntax)
    return Header(path, file, data, syntax, at, max(0, size - at), options)


_KEYWORDS = {0x0008: "FloatPixelData", 0x0009: "DoubleFloatPixelData", 0x0010: "PixelData"}


def _pixels(file: BinaryIO, data: Dataset) -> tuple[int, dict[str, Any]]:
    """Where the value of the pixel data begins, read at the place where the header ended."""
    implicit, little = data.original_encoding
    start = file.tell()
    head = file.read(8)
    if len(head) < 8:
        return start + 12, {}
    group, element = struct.unpack("<HH" if little else ">HH", head[:4])
    if group != 0x7FE0 or element not in _KEYWORDS:
        return start + 2**40, {}
    options = {"pixel_keyword": _KEYWORDS[element]}
    if implicit or not head[4:6].isalpha():  # some files change over in the middle
        return start + 8, options
    return start + 12, {**options, "pixel_vr": head[4:6].decode("ascii", "replace")}


def _meta(file: BinaryIO) -> tuple[FileMetaDataset, int]:
    """The file meta group, empty where there is none, and where the data set starts."""
    from pydicom.dataset import FileMetaDataset
    from pydicom.filereader import read_dataset, read_preamble

    file.seek(0)
    read_preamble(file, force=True)
    start = file.tell()
    if file.read(2) != b"\x02\0":
        return FileMetaDataset(), start
    file.seek(start)
    found = read_dataset(
        file,
        is_implicit_VR=False,
        is_little_endian=True,
        stop_when=lambda tag, _vr, _length: tag.group != 2,
    )
    return FileMetaDataset(found), file.tell()


def _inflated(path: Path, file: BinaryIO, meta: FileMetaDataset, start: int) -> BinaryIO:
    """The same file with its data set unpacked, in memory."""
    from pydicom.filebase import DicomBytesIO
    from pydicom.filewriter import write_file_meta_info
    from pydicom.uid import ExplicitVRLittleEndian

    file.seek(start)
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    plain = unpacker.decompress(file.read(), _INFLATED_LIMIT)
    if unpacker.unconsumed_tail:
        raise UserError("data.unpacks_too_large", file=str(path), limit=_INFLATED_LIMIT // 10**6)
    if not unpacker.eof:
        raise UserError("data.truncated", file=str(path))
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    head = DicomBytesIO()
    write_file_meta_info(head, meta, enforce_standard=False)
    return io.BytesIO(b"\0" * _MARK_AT + _MARK + head.getvalue() + plain)


def _drop_broken(data: Dataset) -> None:
    """A tag is made sense of when it is first asked for; one that makes none is as good as
    absent, and a decoder that cannot do without it will say so."""
    for tag in list(data.keys()):
        try:
            data[tag]
        except Exception:  # hostile bytes raise anything
            del data[tag]


@cache
def _wanted() -> list[BaseTag]:
    from pydicom.tag import Tag

    return [*map(Tag, _WANTED), *map(Tag, _OVERLAY_ROWS)]


def _guessed(data: Dataset) -> str:
    """The transfer syntax of a data set without file meta: how it could be read tells it."""
    from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

    implicit, little = data.original_encoding
    if implicit:
        return ImplicitVRLittleEndian
    return ExplicitVRLittleEndian if little else ExplicitVRBigEndian
