"""Whose picture it is and where in a series it belongs. The raw words never leave this room."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from tlstudio.imaging.dicom.groups import macro, number, numbers, words

if TYPE_CHECKING:
    from pydicom import Dataset

METHOD = "TL Studio: allow-list of tags, keyed hashes"
"""Written into the copies that are made here, and how they are known again."""

_SHOWN = 12  # hexadecimal digits of a name for a patient: 48 bits
_NOBODY = re.compile(r"|0+|anon(ym(ous|ized|ised|e)?)?|unknown|none|test|n/?a|[-_.?*x]+", re.I)
"""Patient ids that say nothing: taken for a patient, they would make one of a whole clinic."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Raw identifiers of a file, for hashing alone: never shown, stored or logged."""

    patient: str = field(default="", repr=False)
    issuer: str = field(default="", repr=False)
    study: str = field(default="", repr=False)
    series: str = field(default="", repr=False)
    known: str = ""
    """The group that a copy made here carries in place of its patient."""

    def group(self, key: bytes) -> str | None:
        """A short name for the patient, else for the study; None where the file has neither."""
        if self.known:
            return self.known
        if not _NOBODY.fullmatch(self.patient):
            return f"patient {keyed(key, 'patient', self.issuer, self.patient)[:_SHOWN]}"
        if self.study:
            return f"study {keyed(key, 'study', self.study)[:_SHOWN]}"
        return None

    def series_of(self, key: bytes) -> str | None:
        """A name for the series; None where the file has none."""
        return keyed(key, "series", self.series)[:32] if self.series else None


def keyed(key: bytes, kind: str, *texts: str) -> str:
    """HMAC-SHA256 in hexadecimal; what is hashed for one `kind` never equals that of another."""
    whole = "\0".join((kind, *texts)).encode("utf-8", "surrogateescape")
    return hmac.new(key, whole, "sha256").hexdigest()


def keyed_uid(key: bytes, uid: str) -> str:
    """Another UID for `uid`, the same each time with the same key: 2.25 and a number of 128 bits
    (PS3.5 B.2), as for a random UUID."""
    return f"2.25.{int(keyed(key, 'uid', uid)[:32], 16)}"


def origin_of(data: Dataset) -> Origin:
    """What the header says of patient, study and series."""
    patient = " ".join(words(data.get("PatientID")))
    ours = METHOD in words(data.get("DeidentificationMethod"))
    return Origin(
        patient=patient,
        issuer=" ".join(words(data.get("IssuerOfPatientID"))),
        study=str(data.get("StudyInstanceUID") or "").strip(),
        series=str(data.get("SeriesInstanceUID") or "").strip(),
        known=patient if ours and re.fullmatch(r"(patient|study) [0-9a-f]+", patient) else "",
    )


def position_of(data: Dataset, frame: int) -> float | None:
    """Where the frame lies in its series: millimetres along the normal of its plane, else the
    number of the instance; None where the file says neither."""
    place = macro(data, frame, "PlanePositionSequence") or data
    plane = macro(data, frame, "PlaneOrientationSequence") or data
    at = numbers(place.get("ImagePositionPatient"))
    axes = numbers(plane.get("ImageOrientationPatient"))
    if len(at) == 3 and len(axes) == 6:
        along = float(np.dot(np.cross(axes[:3], axes[3:]), at))
        if np.isfinite(along):
            return along
    instance = number(data.get("InstanceNumber"), float("nan"))
    return instance if np.isfinite(instance) else None
