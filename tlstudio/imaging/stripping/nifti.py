"""NIfTI-1 and -2 in one file: texts of the header and extensions are blanked."""

from __future__ import annotations

import gzip
import shutil
import struct
from pathlib import Path
from typing import BinaryIO

from tlstudio.imaging.new_files import new_file
from tlstudio.imaging.stripping.pieces import Odd

_TEXTS = {348: ((4, 10), (14, 18), (148, 80), (228, 24), (328, 16)), 540: ((240, 80), (320, 24),
          (508, 16))}  # fmt: skip
"""data_type, db_name, descrip, aux_file and intent_name, by the size of the header."""
_OFFSET = {348: (108, "f"), 540: (168, "q")}
_GZIP_NAMED = 0x08 | 0x10 | 0x04  # a file name, a comment, extra fields
_MOST = 2**28


def copy(source: Path, target: Path | None, *, packed: bool) -> bool:
    """Write the copy, where there is a target, and say so, or say that there is nothing to leave
    behind. Raises Odd and OSError."""
    with source.open("rb") as file:
        begin = file.read(4)
        named = packed and len(begin) == 4 and bool(begin[3] & _GZIP_NAMED)
        file.seek(0)
        stream: BinaryIO = gzip.GzipFile(fileobj=file) if packed else file  # type: ignore[assignment]
        head = stream.read(544)
        size, order = _header(head)
        where, letter = _OFFSET[size]
        (offset,) = struct.unpack_from(order + letter, head, where)
        if not size + 4 <= offset <= _MOST:
            raise Odd
        head += stream.read(max(0, int(offset) - len(head)))
        rest = head[int(offset) :]
        made = _blanked(head[: int(offset)], size)
        if made == head[: int(offset)] and not named:
            return False
        if target is None:
            return True
        with new_file(target) as out:
            if not packed:
                out.write(made + rest)
                shutil.copyfileobj(stream, out, 2**24)
                return True
            with gzip.GzipFile("", "wb", 6, out, mtime=0) as compressed:
                compressed.write(made + rest)
                shutil.copyfileobj(stream, compressed, 2**24)
        return True


def _header(head: bytes) -> tuple[int, str]:
    for order in "<>":
        (size,) = struct.unpack_from(f"{order}i", head)
        if size in _TEXTS and len(head) >= size + 4:
            return size, order
    raise Odd


def _blanked(head: bytes, size: int) -> bytes:
    made = bytearray(head)
    for start, length in _TEXTS[size]:
        made[start : start + length] = bytes(length)
    made[size:] = bytes(len(made) - size)
    return bytes(made)
