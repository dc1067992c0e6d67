"""What is read beside a bundle is what the program reads: DICOM, deep colour, frames."""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import imagecodecs
import nibabel
import numpy as np
import pydicom
import pytest
import tifffile
from PIL import Image

from tlstudio.domain.errors import UserError
from tlstudio.domain.runs import JobSpec
from tlstudio.domain.windows import Window
from tlstudio.imaging.dicom.header import looks_like_dicom
from tlstudio.imaging.display import to_rgb8
from tlstudio.imaging.levels import read_raw
from tlstudio.imaging.pages import opened_pages
from tlstudio.imaging.reading import read_image
from tlstudio.imaging.unit import seen
from tlstudio.ml.export import export, read_images
from tlstudio.ml.reporter import Reporter

ROOT = Path(pydicom.__file__).parent / "data"
DICOMS = sorted(
    path
    for path in ROOT.rglob("*")
    if path.is_file() and looks_like_dicom(path, path.read_bytes()[:132])
)
WINDOWS = [*map(Window, ("auto", "file", "percentiles", "full")), Window("fixed", -20, 300)]


def same(path: Path, frame: int = 0) -> None:
    """Both sides see the same through every window, or neither sees anything."""
    try:
        raw = read_raw(path, frame=frame)
    except UserError:
        with pytest.raises(read_images.Trouble):
            read_images.read_values(path, frame)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        held = read_images.read_values(path, frame)
    assert held.values.dtype == raw.values.dtype
    if raw.values.ndim == 2 or raw.values.dtype == np.uint8:
        eight = read_images.see(held, {"steps": "squash-1"})
        older = np.asarray(to_rgb8(read_image(path, frame=frame)))
        np.testing.assert_array_equal(older if eight.ndim == 3 else older[..., 0], eight)
    for window in WINDOWS:
        rules = {"steps": "squash-2", "window": window.to_json()}
        ours, theirs = seen(raw, window), read_images.see(held, rules)
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours, theirs, err_msg=window.key)


LENIENT = {"JPEG2000-embedded-sequence-delimiter.dcm"}
"""Whose codestream says another size than its header: the program takes that for an attack;
whether the bundle reads it depends on the decoders it finds."""


@pytest.mark.parametrize("path", DICOMS, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_dicom_sample(path: Path) -> None:
    if path.name in LENIENT:
        with pytest.raises(UserError):
            read_raw(path)
        return
    same(path)
    try:
        with opened_pages(path) as pages:
            last = pages.count - 1
    except UserError:
        return
    if last:
        same(path, last)


RNG = np.random.default_rng(8)
COLOUR = RNG.integers(0, 65536, (20, 30, 3), dtype=np.uint16)
CLEAR = RNG.integers(0, 65536, (20, 30, 4), dtype=np.uint16)


def turned_tiff(path: Path) -> None:
    tifffile.imwrite(path, COLOUR, photometric="rgb", extratags=[(274, "H", 1, 6, True)])


FILES: dict[str, Callable[[Path], object]] = {
    "colour.png": lambda p: p.write_bytes(imagecodecs.png_encode(COLOUR)),
    "clear.png": lambda p: p.write_bytes(imagecodecs.png_encode(CLEAR)),
    "grey_clear.png": lambda p: p.write_bytes(imagecodecs.png_encode(CLEAR[..., :2].copy())),
    "colour.tif": lambda p: tifffile.imwrite(p, COLOUR, photometric="rgb"),
    "turned.tif": turned_tiff,
    "clear.tif": lambda p: tifffile.imwrite(p, CLEAR, photometric="rgb", extrasamples=[2]),
    "planes.tif": lambda p: tifffile.imwrite(
        p, np.moveaxis(COLOUR, -1, 0), photometric="rgb", planarconfig="separate"
    ),
    "float_colour.tif": lambda p: tifffile.imwrite(
        p, COLOUR.astype(np.float32) / 9 - 70, photometric="rgb"
    ),
    "white_is_zero.tif": lambda p: tifffile.imwrite(p, COLOUR[..., 0], photometric="miniswhite"),
    "signed_bytes.tif": lambda p: tifffile.imwrite(p, COLOUR[..., 0].astype(np.int8)),
    "long.tif": lambda p: tifffile.imwrite(p, COLOUR[..., 0].astype(np.uint32) * 70_000),
    "signed.tif": lambda p: tifffile.imwrite(p, COLOUR[..., 0].astype(np.int16)),
    "double.tif": lambda p: tifffile.imwrite(p, COLOUR[..., 0].astype(np.float64) / 7),
}


@pytest.mark.parametrize("name", FILES)
def test_deep_files_of_every_kind(name: str, tmp_path: Path) -> None:
    FILES[name](tmp_path / name)
    same(tmp_path / name)


def test_each_page_of_a_file(tmp_path: Path) -> None:
    pages = RNG.integers(0, 65536, (5, 20, 30), dtype=np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", pages, photometric="minisblack")
    first, *more = (Image.fromarray((page >> 8).astype(np.uint8)) for page in pages)
    first.save(tmp_path / "a.gif", save_all=True, append_images=more)
    for name in ("a.tif", "a.gif"):
        for frame in range(5):
            same(tmp_path / name, frame)
        with pytest.raises(read_images.Trouble, match="no frame 6"):
            read_images.read_values(tmp_path / name, 5)


def test_a_kind_that_is_not_read_is_named(tmp_path: Path) -> None:
    nibabel.save(nibabel.Nifti1Image(np.zeros((4, 5, 6), np.int16), np.eye(4)), tmp_path / "a.nii")
    with pytest.raises(read_images.OtherKind, match="NIfTI"):
        read_images.read_values(tmp_path / "a.nii")


@pytest.mark.parametrize("kind", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize(
    ("light", "extra", "frames"),
    [
        ("minisblack", [0, 0], 3),
        ("minisblack", [2, 0, 0, 0], 5),
        ("rgb", [0], 2),
        ("rgb", [2, 0], 2),
        ("rgb", [0, 0, 0], 4),
    ],
)
def test_each_channel_of_a_tiff(
    kind: str, light: str, extra: list[int], frames: int, tmp_path: Path
) -> None:
    samples = len(extra) + (3 if light == "rgb" else 1)
    values = RNG.integers(0, 256, (20, 30, samples)).astype(kind)
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as file:
        file.write(values, photometric=light, extrasamples=extra, planarconfig="contig")
        file.write(values[..., 0], photometric="minisblack")
    for frame in range(frames + 1):
        same(path, frame)
    with pytest.raises(read_images.Trouble, match=f"no frame {frames + 2}"):
        read_images.read_values(path, frames + 1)


WITHOUT = """
import sys
class Hidden:
    def find_spec(self, name, *_):
        if name.partition(".")[0] in ("pydicom", "tifffile", "imagecodecs"):
            raise ImportError(name=name)
sys.meta_path.insert(0, Hidden())
sys.argv = sys.argv[1:]
sys.path.insert(0, "")
import runpy
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_a_machine_without_the_libraries_is_told_what_to_type(
    export_job: Callable[..., JobSpec], tmp_path: Path
) -> None:
    out = tmp_path / "bundle"
    export(export_job(out), Reporter())
    FILES["colour.png"](tmp_path / "colour.png")
    ct = str(ROOT / "test_files" / "CT_small.dcm")
    words = [str(out / "predict.py"), ct, str(tmp_path / "colour.png")]
    command = [sys.executable, "-c", WITHOUT, *words]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 2
    assert "pip install pydicom" in done.stderr
    assert "pip install tifffile imagecodecs" in done.stderr
    assert "Traceback" not in done.stderr
    done = subprocess.run([sys.executable, "-I", *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 2


def test_a_bundle_of_frames_is_checked_on_each(
    export_job: Callable[..., JobSpec], tmp_path: Path
) -> None:
    pages = RNG.integers(0, 65536, (5, 20, 30), dtype=np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", pages, photometric="minisblack")
    volume = RNG.integers(0, 2000, (12, 13, 14)).astype(np.int16)
    nibabel.save(nibabel.Nifti1Image(volume, np.eye(4)), tmp_path / "a.nii.gz")
    channels = np.moveaxis(pages, 0, -1)
    tifffile.imwrite(tmp_path / "b.tif", channels, photometric="minisblack", planarconfig="contig")
    items = [
        {"key": f"{name} {frame}", "path": str(tmp_path / name), "frame": frame}
        for name in ("a.tif", "b.tif", "a.nii.gz")
        for frame in range(5)
    ]
    out = tmp_path / "bundle"
    told = export(export_job(out, items=items), Reporter())["parity"]["onnx"]
    assert (told["n"], told["given"], told["unread"], told["skipped"]) == (15, 5, 0, 0)
    assert told["passed"], told
    assert "NIfTI" in (out / "MODEL_CARD.md").read_text("utf-8")
    command = [sys.executable, "-I", str(out / "predict.py"), str(tmp_path / "a.tif"), "--json"]
    answers = {
        frame: subprocess.run([*command, "--frame", frame], capture_output=True, text=True)
        for frame in ("1", "5", "6")
    }
    assert answers["1"].stdout != answers["5"].stdout
    assert answers["6"].returncode == 2
    assert "no frame 6" in answers["6"].stderr
