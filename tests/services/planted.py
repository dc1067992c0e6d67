"""Every byte of a folder, to be searched for names: also those inside of archives and databases."""

from __future__ import annotations

import gzip
import io
import sqlite3
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path


def found_in(folders: Iterable[Path], words: Iterable[str]) -> list[str]:
    """Where a word was found, letter case aside, as Latin-1, UTF-8 or UTF-16, in the bytes of a
    file or in its name: "path: word". Nothing below any of `folders` is left out."""
    wanted = [(word, forms(word)) for word in words]
    found = []
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            texts = [str(path.relative_to(folder)).encode()]
            if path.is_file():
                texts += list(everything_in(path.read_bytes(), path))
            for text in texts:
                lower = text.lower()
                found += [
                    f"{path}: {word}"
                    for word, all_ in wanted
                    if any(form in lower for form in all_)
                ]
    return sorted(set(found))


def forms(word: str) -> set[bytes]:
    codes = ("utf-8", "utf-16-le", "utf-16-be", "latin-1")
    return {word.encode(code, "ignore").lower() for code in codes}


def everything_in(data: bytes, path: Path | None = None) -> Iterator[bytes]:
    """The bytes, and those that are packed in them."""
    yield data
    if data[:2] == b"\x1f\x8b":
        yield from everything_in(gzip.decompress(data))
    elif data[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.infolist():
                yield member.filename.encode()
                yield from everything_in(archive.read(member))
    elif data[:8] == b"\x89PNG\r\n\x1a\n":
        yield from _texts_of_png(data)
    elif data[:16] == b"SQLite format 3\0" and path is not None:
        yield from _values(path)


def _texts_of_png(data: bytes) -> Iterator[bytes]:
    at = 8
    while at + 8 <= len(data):
        size, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        content = data[at + 8 : at + 8 + size]
        at += 12 + size
        if kind in (b"zTXt", b"iTXt", b"iCCP"):
            for start in range(min(len(content), 120)):
                try:
                    yield zlib.decompress(content[start:])
                except zlib.error:
                    continue
                break


def _values(path: Path) -> Iterator[bytes]:
    """Each value of a database whole, for its pages may divide one; bytes inside it unpacked."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        for table in tables:
            for row in db.execute(f'SELECT * FROM "{table}"'):
                for value in row:
                    if isinstance(value, str):
                        yield value.encode("utf-8", "surrogateescape")
                    elif isinstance(value, bytes):
                        yield from everything_in(value)
    db.close()
