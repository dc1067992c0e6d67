"""Copies without metadata: nothing that was planted is in them, and every pixel is."""

from __future__ import annotations

import gzip
import io
import struct
import sys
from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps, PngImagePlugin

from tlstudio.imaging.facts import examine_all
from tlstudio.imaging.pages import opened_pages
from tlstudio.imaging.stripping.copying import Left, strip_copy

sys.path.append(str(Path(__file__).parents[1] / "services"))
from planted import everything_in, forms

WORDS = ("Meierhofer", "Charité", "47.3769")
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><r tiff:Artist='Meierhofer'/></x:xmpmeta>"
PIXELS = np.random.default_rng(5).integers(0, 255, (24, 40, 3), dtype=np.uint8)


def exif(orientation: int = 1) -> Image.Exif:
    made = Image.Exif()
    if orientation != 1:
        made[0x0112] = orientation
    made[0x013B], made[0x010E], made[0x013C] = "Meierhofer", "at Meierhofer's", "Meierhofer-PC"
    made.get_ifd(0x8769)[0xA431] = "serial 47.3769"
    made.get_ifd(0x8769)[0x927C] = b"maker Meierhofer"
    made.get_ifd(0x8825)[1] = "N"
    made.get_ifd(0x8825)[29] = "47.3769"
    return made


def picture() -> Image.Image:
    return Image.fromarray(PIXELS)


def profile() -> bytes:
    from PIL import ImageCms

    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def jpeg(path: Path, orientation: int = 1) -> None:
    plain = io.BytesIO()
    picture().save(plain, "JPEG", exif=exif(orientation), comment="Meierhofer", xmp=XMP,
                   dpi=(72, 72), icc_profile=profile(), progressive=True)  # fmt: skip
    data = plain.getvalue()
    iptc = b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0\0\0\0\x0a" + "Charité".encode()
    more = b"\xff\xed" + struct.pack(">H", len(iptc) + 2) + iptc
    path.write_bytes(data[:2] + more + data[2:] + b"trailer of Meierhofer")


def mpo(path: Path, orientation: int = 1) -> None:
    other = Image.new("RGB", (30, 20), (9, 9, 9))
    other.encoderinfo = {"exif": exif()}
    picture().save(path, "MPO", save_all=True, append_images=[other], exif=exif(orientation))


def png(path: Path, orientation: int = 1) -> None:
    said = PngImagePlugin.PngInfo()
    said.add_text("Author", "Meierhofer")
    said.add_text("Comment", "Meierhofer", zip=True)
    said.add_itxt("Place", "Charité")
    picture().save(
        path, pnginfo=said, exif=exif(orientation), dpi=(300, 300), icc_profile=profile()
    )
    path.write_bytes(path.read_bytes() + b"Meierhofer")


def apng(path: Path, orientation: int = 1) -> None:
    said = PngImagePlugin.PngInfo()
    said.add_text("Author", "Meierhofer")
    more = [Image.fromarray(PIXELS[::-1]), Image.fromarray(PIXELS[:, ::-1])]
    picture().save(path, "PNG", save_all=True, append_images=more, pnginfo=said,
                   exif=exif(orientation))  # fmt: skip


def webp(path: Path, orientation: int = 1) -> None:
    picture().save(path, lossless=True, exif=exif(orientation), xmp=XMP, icc_profile=profile())


def tiff(path: Path, orientation: int = 1) -> None:
    said = {270: "Meierhofer", 315: "Meierhofer", 305: "by Meierhofer", 700: XMP, 65000: "Charité"}
    if orientation != 1:
        said[274] = orientation
    made = exif()
    more = [Image.fromarray(PIXELS[::-1]), Image.fromarray(PIXELS[:, ::-1])]
    for tag, value in said.items():
        made[tag] = value
    picture().save(path, save_all=True, append_images=more, exif=made, compression="tiff_lzw",
                   dpi=(300, 300))  # fmt: skip


def big_tiff(path: Path, orientation: int = 1) -> None:
    tag = [(274, "H", 1, orientation, False)] if orientation != 1 else []
    more = [(315, "s", 0, "Meierhofer", False), (65001, "H", 6, (1, 2, 3, 4, 5, 6), False)]
    tifffile.imwrite(path, PIXELS, bigtiff=True, byteorder=">", extratags=[*tag, *more],
                     description="Meierhofer", photometric="rgb", tile=(16, 16))  # fmt: skip


def gif(path: Path, orientation: int = 1) -> None:
    more = [Image.fromarray(PIXELS[::-1]), Image.fromarray(PIXELS[:, ::-1])]
    picture().save(path, save_all=True, append_images=more, comment=b"Meierhofer", loop=0)
    data = path.read_bytes()
    xmp = b"\x21\xff\x0bXMP DataXMP" + bytes((len(XMP),)) + XMP + b"\0"
    path.write_bytes(data[:-1] + xmp + data[-1:] + b"Meierhofer")


def ppm(path: Path, orientation: int = 1) -> None:
    head = "P6\n# Meierhofer, Charité\n40 24\n#47.3769\n255\n".encode()
    path.write_bytes(head + PIXELS.tobytes())


def jp2(path: Path, orientation: int = 1) -> None:
    picture().save(path, "JPEG2000", comment=b"Meierhofer")
    xml = b"<a>Meierhofer</a>"
    uuid = bytes(16) + XMP
    boxes = b"".join(
        struct.pack(">I", len(content) + 8) + kind + content
        for kind, content in ((b"xml ", xml), (b"uuid", uuid))
    )
    path.write_bytes(path.read_bytes() + boxes)


def avif(path: Path, orientation: int = 1) -> None:
    picture().save(path, "AVIF", exif=exif(orientation), xmp=XMP)


MAKERS: dict[str, Callable[..., None]] = {
    "a.jpg": jpeg, "a.mpo": mpo, "a.png": png, "b.png": apng, "a.webp": webp, "a.tif": tiff,
    "b.tif": big_tiff, "a.gif": gif, "a.ppm": ppm, "a.jp2": jp2, "a.avif": avif,
}  # fmt: skip


def frames(path: Path) -> list[np.ndarray]:
    with opened_pages(path) as pages:
        return [np.asarray(pages.read(n).image).copy() for n in range(pages.count)]


def speaks(path: Path) -> set[str]:
    texts = [text.lower() for text in everything_in(path.read_bytes(), path)]
    return {w for w in WORDS if any(form in text for form in forms(w) for text in texts)}


def stripped(source: Path, target: Path) -> Left:
    facts = examine_all(source, bytes).facts
    return strip_copy(source, target, facts.format, facts.orientation)


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("name", MAKERS)
def test_no_word_is_left_and_every_pixel_is(name: str, orientation: int, tmp_path: Path) -> None:
    source, target = tmp_path / name, tmp_path / f"copy-{name}"
    MAKERS[name](source, orientation)
    assert speaks(source)
    assert stripped(source, target) is Left.METADATA
    assert speaks(target) == set()
    before, after = frames(source), frames(target)
    assert len(before) == len(after)
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    assert stripped(target, tmp_path / "again") is Left.NOTHING
    assert not (tmp_path / "again").exists()
    if name == "b.tif":  # which Pillow does not read
        return
    with Image.open(source) as one, Image.open(target) as other:
        assert np.array_equal(ImageOps.exif_transpose(one), ImageOps.exif_transpose(other))
        assert one.info.get("icc_profile") == other.info.get("icc_profile")
        assert name == "a.mpo" or one.info.get("dpi") == other.info.get("dpi")


@pytest.mark.parametrize("name", ["a.bmp", "a.png", "a.jpg", "a.webp", "a.tif", "a.gif", "a.ppm"])
def test_a_plain_picture_loses_nothing(name: str, tmp_path: Path) -> None:
    kept = {"compression": "tiff_lzw"} if name == "a.tif" else {}
    picture().save(tmp_path / name, **kept)
    assert stripped(tmp_path / name, tmp_path / "copy") is Left.NOTHING


def test_the_scale_of_imagej_and_ome_is_kept(tmp_path: Path) -> None:
    values = np.arange(3 * 20 * 30, dtype=np.uint16).reshape(3, 20, 30)
    imagej = tmp_path / "a.tif"
    tifffile.imwrite(imagej, values, imagej=True, resolution=(4.0, 4.0),
                     metadata={"unit": "um", "spacing": 2.0, "Info": "Meierhofer",
                               "Labels": ["Meierhofer"] * 3})  # fmt: skip
    ome = tmp_path / "b.ome.tif"
    tifffile.imwrite(ome, values, ome=True, metadata={
        "axes": "ZYX", "PhysicalSizeX": 0.25, "PhysicalSizeXUnit": "µm", "PhysicalSizeY": 0.25,
        "PhysicalSizeYUnit": "µm", "Description": "Meierhofer", "Name": "Meierhofer"})  # fmt: skip
    for path in (imagej, ome):
        target = path.with_name(f"copy-{path.name}")
        assert speaks(path)
        assert stripped(path, target) is Left.METADATA
        assert speaks(target) == set()
        with opened_pages(path) as one, opened_pages(target) as other:
            told = other.read(0).spacing
            assert told is not None and told == one.read(0).spacing
            assert told.x == pytest.approx(0.25)
        for a, b in zip(frames(path), frames(target), strict=True):
            assert np.array_equal(a, b)


@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_texts_of_a_volume_are_blanked(kind: type, name: str, tmp_path: Path) -> None:
    made = kind(np.arange(60, dtype=np.int16).reshape(3, 4, 5), np.diag([2, 3, 4, 1]))
    made.header["descrip"], made.header["aux_file"] = b"Meierhofer", b"Meierhofer"
    made.header["intent_name"] = b"Meierhofer"
    made.header.extensions.append(nibabel.nifti1.Nifti1Extension(6, b"Meierhofer"))
    path, target = tmp_path / name, tmp_path / f"copy-{name}"
    nibabel.save(made, path)
    if name.endswith(".gz"):
        with gzip.open(path) as file:
            data = file.read()
        with path.open("wb") as out, gzip.GzipFile("Meierhofer.nii", "wb", 6, out) as again:
            again.write(data)
    assert speaks(path)
    assert stripped(path, target) is Left.METADATA
    assert speaks(target) == set()
    one, other = nibabel.load(path), nibabel.load(target)
    assert np.array_equal(one.get_fdata(), other.get_fdata())
    assert np.array_equal(one.affine, other.affine)
    assert stripped(target, tmp_path / f"again-{name}") is Left.NOTHING


def test_shared_values_are_not_blanked(tmp_path: Path) -> None:
    """A description that lies where the pixels do: nothing is torn, and the file is named."""
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, PIXELS[:, :, 0], metadata=None, description="Meierhofer was here")
    data = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as whole:
        tag, strip = whole.pages[0].tags[270], whole.pages[0].dataoffsets[0]
        place = tag.offset + 8
    data[place : place + 4] = struct.pack("<I", strip)
    path.write_bytes(bytes(data))
    assert strip_copy(path, tmp_path / "copy", "TIFF") is Left.UNKNOWN
    assert not (tmp_path / "copy").exists()


KINDS = {".jpg": "JPEG", ".mpo": "MPO", ".png": "PNG", ".webp": "WEBP", ".tif": "TIFF",
         ".gif": "GIF", ".ppm": "PPM", ".jp2": "JPEG2000", ".avif": "AVIF"}  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_broken_files_are_copied_or_named_never_a_fault(
    data: st.DataObject, tmp_path: Path
) -> None:
    name = data.draw(st.sampled_from(sorted(MAKERS)))
    source = tmp_path / f"whole-{name}"
    if not source.exists():
        MAKERS[name](source)
    content = bytearray(source.read_bytes())
    for place, value in data.draw(
        st.lists(st.tuples(st.integers(0, min(len(content), 900) - 1), st.integers(0, 255)))
    ):
        content[place] = value
    cut = data.draw(st.integers(1, len(content)))
    broken, target = tmp_path / f"broken-{name}", tmp_path / "out"
    broken.write_bytes(bytes(content[:cut]))
    target.unlink(missing_ok=True)
    left = strip_copy(broken, target, KINDS[source.suffix], 6)
    assert target.exists() == (left is Left.METADATA)
