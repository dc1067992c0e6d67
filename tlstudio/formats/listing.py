"""The files of a source as readers of annotations see them: by name, within limits, once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from tlstudio.domain.errors import UserError
from tlstudio.formats.finding import Finder
from tlstudio.formats.walk import Listed
from tlstudio.imaging.sizes import canonical_size

JSON_LIMIT = 2 * 10**9
TEXT_LIMIT = 512 * 2**20
"""Largest files read whole, in bytes; the second holds for XML and other text."""

_HEAD = 4096
_IMAGE_CACHE = 200_000


class Listing:
    """The files of a source; `name` is always one of theirs, relative, with "/" between folders.

    `files` are all but images; `images` are those of the source, or of `images_dir` where a
    person has said that they lie there. Nothing outside these is ever opened.
    """

    def __init__(self, files: Sequence[Listed], images_dir: Path | None = None) -> None:
        self.files = tuple(file for file in files if not file.image)
        self.images = tuple(file for file in files if file.image)
        self.images_dir = images_dir
        self._paths = {file.name: file.path for file in files}
        self._heads: dict[str, bytes] = {}
        self._json: tuple[str, Any] | None = None
        self._sizes: dict[str, tuple[int, int] | None] = {}

    def named(self, *endings: str) -> list[str]:
        """Names of the files, images aside, that end in one of `endings` (lower case)."""
        return [file.name for file in self.files if file.name.lower().endswith(endings)]

    def __contains__(self, name: str) -> bool:
        return name in self._paths

    def path(self, name: str) -> Path:
        return self._paths[name]

    @cached_property
    def finder(self) -> Finder:
        """Looks up which image a name in a file means."""
        return Finder(image.name for image in self.images)

    def find_image(self, wanted: str) -> str | None:
        """The one image that `wanted`, as a file has it, means; None for none and for a doubt."""
        found = self.finder.find(wanted)
        return found[0] if len(found) == 1 else None

    def size_of(self, name: str) -> tuple[int, int] | None:
        """(width, height) of an image of the listing; None where it cannot be read."""
        if name not in self._sizes:
            if len(self._sizes) >= _IMAGE_CACHE:
                self._sizes.clear()
            try:
                self._sizes[name] = canonical_size(self._paths[name])
            except UserError:
                self._sizes[name] = None
        return self._sizes[name]

    def head(self, name: str, n: int = _HEAD) -> bytes:
        """The first `n` bytes; fewer where the file is shorter or cannot be read."""
        known = self._heads.get(name)
        if known is None or len(known) < n:
            try:
                with self._paths[name].open("rb") as file:
                    known = file.read(max(n, _HEAD))
            except OSError:
                known = b""
            if len(self._heads) >= 1000:
                self._heads.clear()
            self._heads[name] = known
        return known[:n]

    def read(self, name: str, limit: int = TEXT_LIMIT) -> bytes:
        """The whole file. Raises UserError: data.unreadable, data.file_too_large."""
        path = self._paths[name]
        try:
            if path.stat().st_size > limit:
                raise UserError("data.file_too_large", file=str(path), limit=limit // 10**6)
            return path.read_bytes()
        except OSError as error:
            detail = error.strerror or str(error)
            raise UserError("data.unreadable", file=str(path), detail=detail) from None

    def text(self, name: str) -> str:
        """The file as text: UTF-8, UTF-16 with its mark, else Windows-1252; errors as `read`."""
        raw = self.read(name)
        if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
            return raw.decode("utf-16", errors="replace")
        try:
            return raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            return raw.decode("cp1252", errors="replace")

    def json(self, name: str) -> Any:
        """The value in a JSON file; the last one read is kept until `forget`.

        Numbers may be NaN or infinite. Raises UserError: those of `read`, data.json_broken,
        data.json_deep.
        """
        if self._json is None or self._json[0] != name:
            self._json = None  # let go before the next one is read
            self._json = (name, parse_json(self.read(name, JSON_LIMIT), str(self._paths[name])))
        return self._json[1]

    def forget(self) -> None:
        """Let go of the JSON file that was read last."""
        self._json = None

    def xml(self, name: str) -> Element:
        """The root of an XML file. Raises UserError: those of `read`, data.xml_broken,
        data.xml_entities."""
        return parse_xml(self.read(name), str(self._paths[name]))


def parse_json(raw: bytes, file: str) -> Any:
    """The value in `raw`. Raises UserError: data.json_broken, data.json_deep."""
    try:
        return json.loads(raw.decode(json.detect_encoding(raw)).removeprefix("\ufeff"))
    except RecursionError:
        raise UserError("data.json_deep", file=file) from None
    except ValueError as error:  # UnicodeDecodeError, JSONDecodeError, numbers of 5,000 digits
        raise UserError("data.json_broken", file=file, detail=str(error)[:200]) from None


def parse_xml(raw: bytes, file: str) -> Element:
    """The root element in `raw`; entities and outside references are refused, never followed.

    Raises UserError: data.xml_broken, data.xml_entities.
    """
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root: Element = fromstring(raw)
    except DefusedXmlException:
        raise UserError("data.xml_entities", file=file) from None
    except (ParseError, ValueError, LookupError, RecursionError) as error:
        raise UserError("data.xml_broken", file=file, detail=str(error)[:200]) from None
    return root
