"""Every DICOM, NIfTI and TIFF that the reading libraries bring along, against those libraries.

    python tests/bench/medical_files.py [--damaged N] [--seed 0]

Prints JSON: for each DICOM of pydicom (those installed here; nothing is fetched) whether it is
read, in how many frames, whether stored values equal pydicom's own, and whether the copy without
its patient has the same pixels; else the reason it was refused. The same for NIfTI files of
nibabel, and for TIFFs that tifffile writes. With `--damaged` N damaged copies of them are read:
each must end in a reason or in pixels, and what else it ended in is listed.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import sys
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pydicom
import tifffile

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tlstudio.domain.errors import UserError
from tlstudio.imaging.dicom.cleaning import clean_copy
from tlstudio.imaging.dicom.header import looks_like_dicom
from tlstudio.imaging.dicom.reading import dicom_pages
from tlstudio.imaging.facts import examine_all
from tlstudio.imaging.levels import read_raw
from tlstudio.imaging.pages import opened_pages

DICOM = Path(pydicom.__file__).parent / "data"
NIFTI = Path(nibabel.__file__).parent / "tests/data"
KEY = b"k" * 32


def dicoms() -> list[Path]:
    """The DICOM files of pydicom's own data that are installed."""
    return sorted(
        path
        for path in DICOM.rglob("*")
        if path.is_file() and looks_like_dicom(path, path.read_bytes()[:132])
    )


def dicom_row(path: Path, scratch: Path) -> dict[str, Any]:
    row: dict[str, Any] = {"file": str(path.relative_to(DICOM))}
    expected = _of_pydicom(path, 0)
    row["pydicom_reads"] = expected is not None
    try:
        read_raw(path)
        with dicom_pages(path) as pages:
            same = all(
                np.array_equal(pages.stored(n), _of_pydicom(path, n)) for n in range(pages.count)
            )
            row |= {"read": True, "frames": pages.count, "equal": same}
        copy = scratch / "copy.dcm"
        copy.unlink(missing_ok=True)
        clean_copy(path, copy, KEY)
        before, after = read_raw(path), read_raw(copy)
        row["cleaned_equal"] = bool(np.array_equal(before.values, after.values))
    except UserError as error:
        row |= {"read": False, "reason": error.code}
    return row


def _of_pydicom(path: Path, frame: int) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return pydicom.pixels.pixel_array(pydicom.dcmread(path, force=True), index=frame)
        except (AttributeError, RuntimeError, ValueError):
            return None


def nifti_row(path: Path) -> dict[str, Any]:
    values = np.asarray(nibabel.load(path).dataobj, dtype=np.float32)
    try:
        with opened_pages(path) as pages:
            frames = pages.count
        found = np.sort(
            np.concatenate([read_raw(path, frame=n).values.ravel() for n in range(frames)])
        )
        same = np.array_equal(found, np.sort(values.ravel()), equal_nan=True)
        return {"file": path.name, "read": True, "frames": frames, "equal": bool(same)}
    except UserError as error:
        return {"file": path.name, "read": False, "reason": error.code}


TIFF_KINDS = (
    "uint8",
    "uint16",
    "int8",
    "int16",
    "uint32",
    "int32",
    "float16",
    "float32",
    "float64",
)
TIFF_PACKINGS = (None, "lzw", "deflate", "zstd", "jpeg2000", "lerc", "jpegxl", "png")


def tiff_rows(scratch: Path) -> list[dict[str, Any]]:
    random_ = np.random.default_rng(0)
    rows = []
    for kind in TIFF_KINDS:
        for packing in TIFF_PACKINGS:
            values = (random_.random((3, 48, 40)) * 200).astype(kind)
            path = scratch / "a.tif"
            try:
                tifffile.imwrite(path, values, compression=packing, photometric="minisblack")
            except Exception as error:
                rows.append({"kind": kind, "packing": packing, "written": type(error).__name__})
                continue
            row: dict[str, Any] = {"kind": kind, "packing": packing}
            try:
                found = [read_raw(path, frame=n).values for n in range(3)]
                row |= {"read": True, "equal": _same(found, values)}
            except UserError as error:
                row |= {"read": False, "reason": error.code}
            rows.append(row)
    return rows


def _same(found: Any, values: Any) -> bool:
    """64-bit floats come in as 32-bit ones."""
    exact = np.float32 if values.dtype == np.float64 else values.dtype
    return bool(np.array_equal(found, values.astype(exact)))


def damaged(count: int, seed: int, scratch: Path) -> dict[str, Any]:
    """Copies with bytes changed, taken out, put in or cut off."""
    draw = random.Random(seed)
    sources = [p for p in [*dicoms(), *NIFTI.glob("*.nii*")] if p.stat().st_size < 400_000]
    for number, packing in enumerate(("deflate", "jpeg2000", "lerc", None)):
        path = scratch / f"whole{number}.tif"
        pixels = np.random.default_rng(0).random((64, 64)).astype(np.float32)
        if packing == "jpeg2000":
            pixels = (pixels * 60000).astype(np.uint16)
        tifffile.imwrite(path, pixels, compression=packing)
        sources.append(path)
    ends: Counter[str] = Counter()
    faults, slowest = [], (0.0, "")
    for number in range(count):
        source = draw.choice(sources)
        data = bytearray(source.read_bytes())
        kind = draw.choice(("flip", "flip", "flip", "cut", "take", "put", "header"))
        if kind == "cut":
            del data[draw.randrange(len(data)) :]
        for _ in range(draw.randint(1, 8)):
            if not data:
                break
            near = min(len(data), 2000) if kind == "header" else len(data)
            at = draw.randrange(near)
            if kind in ("flip", "header"):
                data[at] = draw.choice((0, 0xFF, 0x7F, draw.randrange(256)))
            elif kind == "take":
                del data[at : at + draw.randint(1, 64)]
            elif kind == "put":
                data[at:at] = bytes(draw.randrange(256) for _ in range(draw.randint(1, 64)))
        ending = ".nii.gz" if source.name.endswith(".gz") else source.suffix or ".dcm"
        path = scratch / f"damaged{ending}"
        path.write_bytes(bytes(data))
        print(number, source.name, kind, file=sys.stderr, flush=True)
        began = time.perf_counter()
        try:
            with opened_pages(path) as pages:
                few = pages.count <= 3
                if not few:
                    pages.read(pages.count - 1)
            if few:
                examine_all(path, lambda: KEY)
            read_raw(path)
            ends["read"] += 1
        except UserError as error:
            ends[error.code] += 1
        except BaseException as error:
            faults.append({"number": number, "file": source.name, "error": repr(error)[:200]})
        slowest = max(slowest, (time.perf_counter() - began, f"{number} {source.name}"))
    return {"tried": count, "seed": seed, "ends": dict(ends), "faults": faults, "slowest": slowest}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--damaged", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        scratch = Path(place)
        rows = [dicom_row(path, scratch) for path in dicoms()]
        niftis = [nifti_row(path) for path in sorted(NIFTI.glob("*.nii*"))]
        tiffs = tiff_rows(scratch)
        report: dict[str, Any] = {
            "versions": {
                "python": platform.python_version(),
                **{m.__name__: m.__version__ for m in (pydicom, nibabel, tifffile, np)},
            },
            "dicom": {
                "files": len(rows),
                "read": sum(row["read"] for row in rows),
                "equal": sum(row.get("equal", False) for row in rows),
                "cleaned_equal": sum(row.get("cleaned_equal", False) for row in rows),
                "pydicom_reads": sum(row["pydicom_reads"] for row in rows),
                "refused": dict(Counter(r["reason"] for r in rows if not r["read"])),
                "rows": rows,
            },
            "nifti": niftis,
            "tiff": {
                "kinds": len(tiffs),
                "read": sum(row.get("read", False) for row in tiffs),
                "equal": sum(row.get("equal", False) for row in tiffs),
                "rows": [row for row in tiffs if not row.get("equal")],
            },
        }
        if arguments.damaged:
            report["damaged"] = damaged(arguments.damaged, arguments.seed, scratch)
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
