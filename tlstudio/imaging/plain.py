"""What Pillow reads: files opened safely, headers checked, pixels decoded and turned upright.

Every way a file can fail becomes a UserError whose code is a reason a person understands.
"""

from __future__ import annotations

import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO

from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from tlstudio.domain.errors import UserError
from tlstudio.imaging.limits import PIXEL_LIMIT

_FORMATS = ("JPEG", "MPO", "PNG", "BMP", "DIB", "GIF", "TIFF", "WEBP", "PPM", "JPEG2000", "AVIF")

ORIENTATION_TAG = 0x0112
LYING = frozenset({5, 6, 7, 8})
"""EXIF orientations in which width and height change places."""
_TURN = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# The limit is ours and is checked below; Pillow's own warning would only repeat it, and its
# remarks on odd metadata are of no use to a person whose image opens.
Image.MAX_IMAGE_PIXELS = PIXEL_LIMIT
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
warnings.filterwarnings("ignore", module=r"PIL\..*")


@contextmanager
def opened(path: Path) -> Iterator[BufferedReader]:
    """`path` open for reading; only ordinary files, so that a pipe never blocks."""
    try:
        kind = path.stat()
        if not stat.S_ISREG(kind.st_mode):
            raise UserError("data.not_file", file=str(path))
        if kind.st_size == 0:
            raise UserError("data.empty", file=str(path))
        file = path.open("rb")
    except FileNotFoundError:
        raise UserError("data.file_missing", file=str(path)) from None
    except (OSError, ValueError) as error:
        detail = getattr(error, "strerror", None) or str(error)
        raise UserError("data.unreadable", file=str(path), detail=detail) from None
    with file:
        yield file


@contextmanager
def identified(file: BinaryIO, path: Path) -> Iterator[Image.Image]:
    """The image in `file` with its header read, its size checked, its pixels not yet decoded."""
    Image.init()
    try:
        image = Image.open(file, formats=[name for name in _FORMATS if name in Image.OPEN])
    except UnidentifiedImageError:
        raise UserError("data.not_image", file=str(path)) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise UserError("data.too_large", file=str(path), limit=PIXEL_LIMIT // 10**6) from None
    except Exception as error:  # decoders raise anything on hostile bytes
        raise failure(error, path) from None
    with image:
        if image.width * image.height > PIXEL_LIMIT:
            raise UserError("data.too_large", file=str(path), limit=PIXEL_LIMIT // 10**6)
        yield image


def decoded(image: Image.Image, path: Path, *, lasting: bool = True) -> tuple[Image.Image, int]:
    """The first frame's pixels, turned upright, and the EXIF orientation the file stated.

    Unless it is to be `lasting`, the answer may be `image` itself, which ends with its file.
    """
    # Pillow turns TIFFs itself while loading; a PNG may state it after its pixels.
    before = orientation_of(image) if image.format == "TIFF" else 1
    try:
        image.load()
        after = orientation_of(image)
        if after != 1:
            return turned(image, after), max(before, after)
        return (image.copy() if lasting else image), before
    except Exception as error:  # decoders raise anything on hostile bytes
        raise failure(error, path) from None


def orientation_of(image: Image.Image) -> int:
    """EXIF orientation, 1 to 8; 1 where it is absent or senseless."""
    try:
        value = image.getexif().get(ORIENTATION_TAG, 1)
        return value if value in _TURN else 1
    except Exception:  # broken metadata never costs the image
        return 1


def turned(image: Image.Image, orientation: int) -> Image.Image:
    """`image` with EXIF `orientation` applied; itself where there is nothing to turn."""
    method = _TURN.get(orientation)
    return image if method is None else image.transpose(method)


def turned_values(values: NDArray[Any], orientation: int) -> NDArray[Any]:
    """[h, w] or [h, w, channels] with EXIF `orientation` applied, as `turned` does it."""
    if orientation in LYING:
        values = values.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        values = values[::-1]
    if orientation in (2, 3, 6, 7):
        values = values[:, ::-1]
    return values


def failure(error: BaseException, path: Path) -> UserError:
    """What a person is told when a decoder raised `error` on `path`."""
    if isinstance(error, UserError):
        return error
    if isinstance(error, MemoryError):
        return UserError("data.memory", file=str(path))
    detail = str(error) or type(error).__name__
    if "truncated" in detail.lower() or isinstance(error, EOFError):
        return UserError("data.truncated", file=str(path))
    return UserError("data.corrupt", file=str(path), detail=detail[:200])
