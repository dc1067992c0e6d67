"""Any image file in, the canonical image out: EXIF orientation applied, one frame or page.

Deep pixels stay deep (modes I;16, I, F); `display.to_rgb8` makes them visible. Every way a file
can fail becomes a UserError whose code is a reason a person understands.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from tlstudio.imaging.dicom.header import looks_like_dicom
from tlstudio.imaging.limits import PIXEL_LIMIT
from tlstudio.imaging.nifti import looks_like_nifti
from tlstudio.imaging.pages import HEAD, opened_pages
from tlstudio.imaging.plain import ORIENTATION_TAG

__all__ = [
    "ENDINGS",
    "ORIENTATION_TAG",
    "PIXEL_LIMIT",
    "SUFFIXES",
    "looks_like_image",
    "read_image",
]

SUFFIXES = frozenset(
    {".avif", ".bmp", ".dib", ".gif", ".j2k", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpg", ".mpo",
     ".pbm", ".pgm", ".png", ".pnm", ".ppm", ".tif", ".tiff", ".webp"}
)  # fmt: skip
"""File name endings, in lower case, of the formats read here."""

ENDINGS = SUFFIXES | {".dcm", ".dicom", ".nii", ".nii.gz"}
"""The same with those that are only believed together with what is in the file."""

_MAGIC = (
    b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"BM", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*",
    b"II+\0", b"MM\0+", b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51",
)  # fmt: skip


def looks_like_image(path: Path) -> bool:
    """Whether the name's ending or the first bytes are those of a format read here."""
    if path.suffix.lower() in SUFFIXES:
        return True
    try:
        if not path.is_file():  # a pipe would wait for ever
            return False
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError:
        return False
    if head.startswith(_MAGIC) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return True
    return looks_like_dicom(path, head) or looks_like_nifti(path, head)


def read_image(path: Path, *, frame: int = 0, draft_to: int | None = None) -> Image.Image:
    """The canonical image of a frame, page or slice of `path` (0 is the first), fully decoded.

    With `draft_to` a JPEG may come smaller by a power of two, each side still at least that
    many pixels where the image has them: quick, for looking only, never for hashes. What the
    file says of window and polarity is in the image's info, where `display` looks for it.
    Raises UserError: data.file_missing, data.unreadable, data.empty, data.not_image,
    data.too_large, data.truncated, data.corrupt, data.memory, data.no_frame.
    """
    with opened_pages(path) as pages:
        return pages.read(frame, draft_to=draft_to).image
