"""Making small sources and reading them, and the real files of other tools."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tlstudio.formats.annotation_set import AnnotationSet
from tlstudio.formats.listing import Listing
from tlstudio.formats.readers import reader_named, sniff_source
from tlstudio.formats.walk import list_files

Content = str | bytes | Mapping[str, object] | list[object] | tuple[int, int]
"""Text, bytes, a value to be written as JSON, or the size of a picture to be made."""


def write_source(root: Path, files: Mapping[str, Content]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, tuple):
            Image.fromarray(np.zeros((content[1], content[0]), dtype=np.uint8)).save(path)
        elif isinstance(content, bytes):
            path.write_bytes(content)
        else:
            text = content if isinstance(content, str) else json.dumps(content)
            path.write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def listing_of(tmp_path: Path) -> Callable[[Mapping[str, Content]], Listing]:
    def make(files: Mapping[str, Content]) -> Listing:
        return Listing(list_files(write_source(tmp_path / "source", files))[0])

    return make


@pytest.fixture
def read(listing_of: Callable[..., Listing]) -> Callable[..., AnnotationSet]:
    """`read(files)` sniffs and reads; `read(files, "via")` reads as that format."""

    def run(files: Mapping[str, Content], name: str | None = None) -> AnnotationSet:
        listing = listing_of(files)
        reader, evidence = sniff_source(listing) if name is None else reader_named(name, listing)
        return reader.read(listing, evidence)

    return run


@pytest.fixture
def real(shared: Path) -> Callable[[str], AnnotationSet]:
    """`real("one_set_ten_formats/via")`: what is found in real files of that tool."""

    def run(name: str) -> AnnotationSet:
        listing = Listing(list_files(shared / "data" / "interchange" / name)[0])
        reader, evidence = sniff_source(listing)
        return reader.read(listing, evidence)

    return run
