"""A DICOM without its patient: pixels as they are, and of all tags only those on a list.

What is on no list is left out, private tags, overlays and curves among them. UIDs are replaced by
keyed ones, so that a study stays a study. Text that is kept is left out too where it holds a word
of what names the patient.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from tlstudio.domain.errors import UserError
from tlstudio.imaging.dicom.header import whole_dicom
from tlstudio.imaging.dicom.identity import METHOD, keyed_uid, origin_of
from tlstudio.imaging.new_files import new_file
from tlstudio.imaging.quiet import quiet

if TYPE_CHECKING:
    from pydicom import DataElement, Dataset

PIXELS = frozenset(
    {
        "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration", "NumberOfFrames",
        "Rows", "Columns", "PixelAspectRatio", "BitsAllocated", "BitsStored", "HighBit",
        "PixelRepresentation", "SmallestImagePixelValue", "LargestImagePixelValue",
        "PixelPaddingValue", "PixelPaddingRangeLimit", "PixelData", "FloatPixelData",
        "DoubleFloatPixelData", "ExtendedOffsetTable", "ExtendedOffsetTableLengths", "ICCProfile",
        "RedPaletteColorLookupTableDescriptor", "GreenPaletteColorLookupTableDescriptor",
        "BluePaletteColorLookupTableDescriptor", "RedPaletteColorLookupTableData",
        "GreenPaletteColorLookupTableData", "BluePaletteColorLookupTableData",
        "SegmentedRedPaletteColorLookupTableData", "SegmentedGreenPaletteColorLookupTableData",
        "SegmentedBluePaletteColorLookupTableData", "PaletteColorLookupTableUID",
        "LossyImageCompression", "LossyImageCompressionRatio", "LossyImageCompressionMethod",
    }
)  # fmt: skip
"""What the pixels cannot be read without, and how they were stored."""

VALUES = frozenset(
    {
        "RescaleIntercept", "RescaleSlope", "RescaleType", "Units", "ModalityLUTSequence",
        "VOILUTSequence", "LUTDescriptor", "LUTData", "LUTExplanation", "ModalityLUTType",
        "WindowCenter", "WindowWidth", "WindowCenterWidthExplanation", "VOILUTFunction",
        "PresentationLUTShape", "DoseGridScaling", "DoseUnits",
    }
)  # fmt: skip
"""What the pixels mean, and how they are to be seen."""

PLACE = frozenset(
    {
        "PixelSpacing", "ImagerPixelSpacing", "PixelSpacingCalibrationType", "SliceThickness",
        "SpacingBetweenSlices", "SliceLocation", "ImagePositionPatient", "ImageOrientationPatient",
        "PatientOrientation", "Laterality", "ImageLaterality", "ViewPosition", "BodyPartExamined",
        "GridFrameOffsetVector", "InstanceNumber", "SharedFunctionalGroupsSequence",
        "PerFrameFunctionalGroupsSequence", "PixelMeasuresSequence", "PlanePositionSequence",
        "PlaneOrientationSequence", "PixelValueTransformationSequence", "FrameVOILUTSequence",
    }
)  # fmt: skip
"""How large a pixel is, and which part of a body it shows from where."""

KIND = frozenset(
    {"SpecificCharacterSet", "SOPClassUID", "Modality", "ImageType", "BurnedInAnnotation",
     "RecognizableVisualFeatures"}
)  # fmt: skip

ALLOWED = PIXELS | VALUES | PLACE | KIND

REPLACED_UIDS = ("SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID")
"""Of these, another UID that is the same each time with the same key."""

_EMPTY = ("PatientName", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "StudyID",
          "AccessionNumber", "ReferringPhysicianName")  # fmt: skip
"""Tags that a DICOM of any kind has to have, but may have empty."""

_NAMING = ("PatientName", "PatientID", "OtherPatientIDs", "OtherPatientNames", "PatientBirthName",
           "PatientMotherBirthName", "PatientAddress", "AccessionNumber", "StudyID",
           "ReferringPhysicianName", "PerformingPhysicianName", "OperatorsName", "InstitutionName",
           "RequestingPhysician", "PhysiciansOfRecord", "NameOfPhysiciansReadingStudy",
           "PatientBirthDate", "StationName", "InstitutionAddress")  # fmt: skip
_SIGNS = "^=\\,;[]'\"/"
_SHORTEST = 3
"""A word of a name with fewer letters says nothing, and would be found in everything."""

_TEXT = frozenset({"AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM",
                   "UC", "UI", "UR", "UT"})  # fmt: skip


def clean_copy(source: Path, target: Path, key: bytes) -> int:
    """Write a copy of `source` without its patient; how many bytes it has.

    The same file and key give the same bytes. Raises UserError("data.dicom_not_cleaned") for a
    file that cannot be taken apart, with nothing left behind, and OSError of the disk,
    FileExistsError where a file lies at `target`.
    """
    with quiet():
        try:
            cleaned = cleaned_dataset(*whole_dicom(source), key)
        except Exception as error:  # hostile bytes raise anything
            code = "data.dicom_not_cleaned"
            raise UserError(code, file=str(source), detail=type(error).__name__) from None
        try:
            with new_file(target) as file:
                cleaned.save_as(file, enforce_file_format=True)
                file.flush()
                return os.fstat(file.fileno()).st_size
        except OSError:
            raise
        except Exception as error:
            code = "data.dicom_not_cleaned"
            raise UserError(code, file=str(source), detail=type(error).__name__) from None


def cleaned_dataset(data: Dataset, syntax: str, key: bytes) -> Dataset:
    """The allowed tags of `data` with a file meta of their own; `data` stays as it is."""
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import UID

    naming = _naming_words(data)
    made = _allowed(data, naming)
    for tag in REPLACED_UIDS:
        uid = str(data.get(tag) or "").strip()
        if uid:
            setattr(made, tag, keyed_uid(key, uid))
    for tag in _EMPTY:
        setattr(made, tag, "")
    made.PatientID = origin_of(data).group(key) or ""
    made.PatientIdentityRemoved = "YES"
    made.DeidentificationMethod = METHOD
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = UID(syntax)
    made.file_meta.MediaStorageSOPClassUID = made.get("SOPClassUID") or UID(_SECONDARY_CAPTURE)
    made.file_meta.MediaStorageSOPInstanceUID = made.get("SOPInstanceUID") or UID(
        keyed_uid(key, "")
    )
    return made


_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"


def _allowed(data: Dataset, naming: frozenset[str]) -> Dataset:
    """The allowed elements of a data set, and of the items of its allowed sequences."""
    from pydicom.dataset import Dataset
    from pydicom.sequence import Sequence

    made = Dataset()
    for element in data:
        if element.tag.is_private or element.keyword not in ALLOWED:
            continue
        if element.VR == "SQ":
            items = Sequence([_allowed(item, naming) for item in element.value])
            made.add_new(element.tag, "SQ", items)
        elif not _speaks_of(element, naming):
            made.add(element)
    return made


def _naming_words(data: Dataset) -> frozenset[str]:
    """Words, in capitals, of all that names the patient or those who treated them."""
    found: set[str] = set()
    for tag in _NAMING:
        text = str(data.get(tag) or "").upper()
        for sign in _SIGNS:
            text = text.replace(sign, " ")
        found.update(word for word in text.split() if len(word) >= _SHORTEST)
    return frozenset(found)


def _speaks_of(element: DataElement, naming: frozenset[str]) -> bool:
    if element.VR not in _TEXT or element.keyword in ("SOPClassUID", "SpecificCharacterSet"):
        return False
    if element.VR in ("DS", "IS"):  # numbers, which a short number of a patient may lie within
        return False
    text = str(element.value).upper()
    return any(word in text for word in naming)
