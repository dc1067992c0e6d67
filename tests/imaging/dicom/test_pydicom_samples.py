"""Every DICOM that pydicom brings along: read as pydicom reads it, or refused for a reason."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray

from tlstudio.domain.errors import UserError
from tlstudio.imaging.dicom.header import looks_like_dicom, opened_dicom
from tlstudio.imaging.dicom.reading import dicom_pages
from tlstudio.imaging.levels import read_raw

ROOT = Path(pydicom.__file__).parent / "data"
FILES = sorted(
    path
    for path in ROOT.rglob("*")
    if path.is_file() and looks_like_dicom(path, path.read_bytes()[:132])
)

REFUSED = {
    "JPEG-lossy.dcm": "data.dicom_undecodable",  # 12-bit arithmetic of a kind no decoder knows
    "JPEG2000-embedded-sequence-delimiter.dcm": "data.dicom_sizes",
    "MR_truncated.dcm": "data.truncated",
    "badVR.dcm": "data.corrupt",
    "meta_missing_tsyntax.dcm": "data.dicom_no_image",
}


def pydicoms(path: Path, frame: int) -> NDArray[np.generic] | None:
    """What pydicom makes of it; None where it has no pixels, or cannot."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = pydicom.dcmread(path, force=True)
        try:
            return pydicom.pixels.pixel_array(data, index=frame)
        except (AttributeError, RuntimeError, ValueError):
            return None


def test_there_are_samples() -> None:
    assert len(FILES) > 150


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_sample_is_read_as_pydicom_reads_it_or_refused(path: Path) -> None:
    expected = pydicoms(path, 0)
    if expected is None:
        with pytest.raises(UserError) as caught:
            read_raw(path)
        assert caught.value.code == REFUSED.get(path.name, "data.dicom_no_image")
        return
    with dicom_pages(path) as pages:
        frames = pages.count
        for frame in {0, frames - 1}:
            expected = pydicoms(path, frame)
            assert expected is not None
            stored = pages.stored(frame)
            assert stored.dtype.newbyteorder("=") == expected.dtype.newbyteorder("=")
            assert np.array_equal(stored, expected)
            plane = pages.read(frame)
            assert plane.image.size == pages.size(frame)


def test_raw_values_are_those_of_the_modality() -> None:
    path = ROOT / "test_files/CT_small.dcm"
    raw = read_raw(path)
    data = pydicom.dcmread(path)
    expected = pydicom.pixels.apply_modality_lut(data.pixel_array, data)
    assert np.array_equal(raw.values, expected)
    assert (raw.unit, raw.full) == ("HU", (-32768.0 - 1024, 32767.0 - 1024))
    assert raw.spacing is not None
    assert (raw.spacing.x, raw.spacing.unit) == (0.661468, "mm")


def test_no_tag_that_is_not_needed_is_read() -> None:
    with opened_dicom(ROOT / "test_files/CT_small.dcm") as header:
        assert "PatientName" not in header.data
        assert "PatientBirthDate" not in header.data
