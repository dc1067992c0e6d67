"""Files that name a patient in every place where such files do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

IN_TAGS = (
    "Quixote", "PATIENT-4711", "Panza", "La Mancha", "ACC998877", "19470316", "1.2.3.4.5.6.7",
    "Rocinante", "Dulcinea",
)  # fmt: skip
"""What `dicom` plants."""


def dicom(path: Path, patient: str = "PATIENT-4711", position: int = 0, seed: int = 0) -> Path:
    """A small CT slice with a patient, people, an institution, private tags and an overlay."""
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.SOPClassUID = made.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    made.SOPInstanceUID = made.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.4.5.6.7.{position}"
    made.StudyInstanceUID, made.SeriesInstanceUID = "1.2.3.4.5.6.7.100", "1.2.3.4.5.6.7.200"
    made.PatientName, made.PatientID = "Quixote^Don", patient
    made.PatientBirthDate, made.AccessionNumber = "19470316", "ACC998877"
    made.ReferringPhysicianName, made.InstitutionName = "Panza^Sancho", "Hospital La Mancha"
    made.ImageComments = "sent by Sancho Panza for Dulcinea"
    made.add_new(0x00091001, "LO", "Rocinante")
    made.add_new(0x60000010, "US", 8)
    made.add_new(0x60000011, "US", 8)
    made.add_new(0x60000022, "LO", "Rocinante")
    made.add_new(0x60000040, "CS", "G")
    made.add_new(0x60000050, "SS", [1, 1])
    made.add_new(0x60000100, "US", 1)
    made.add_new(0x60000102, "US", 0)
    made.add_new(0x60003000, "OW", b"Dulcinea")
    made.BurnedInAnnotation = "YES"
    made.Modality, made.RescaleType = "CT", "HU"
    made.RescaleIntercept, made.RescaleSlope = -1024, 1
    made.ImagePositionPatient = [0, 0, float(position)]
    made.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    values = np.random.default_rng(seed).integers(0, 2000, (32, 32)).astype(np.uint16)
    made.Rows, made.Columns = values.shape
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    made.BitsAllocated = made.BitsStored = 16
    made.HighBit, made.PixelRepresentation = 15, 0
    made.PixelData = values.tobytes()
    made.save_as(path, enforce_file_format=True)
    return path
