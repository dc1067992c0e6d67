"""labelme's JSON, versions 3 to 7: one file beside each image, pixels inside it or not."""

from __future__ import annotations

from tlstudio.domain.progress import Cancel
from tlstudio.formats.annotation_set import AnnotationSet
from tlstudio.formats.listing import Listing
from tlstudio.formats.readers import LIKELY, SURE, Evidence
from tlstudio.formats.readers._labelme_json import find, read_files

NAME = "labelme"


def sniff(listing: Listing) -> Evidence | None:
    """JSON files with shapes; less sure where they could be X-AnyLabeling's."""
    names, own = find(listing)
    if not names:
        return None
    return Evidence(tuple(names), "JSON files with shapes and imagePath", LIKELY if own else SURE)


def read(listing: Listing, evidence: Evidence, cancel: Cancel | None = None) -> AnnotationSet:
    """One image for each file. Raises Cancelled."""
    return read_files(NAME, listing, evidence, cancel)
