"""X-AnyLabeling's JSON: labelme's with turned rectangles, scores, attributes and links."""

from __future__ import annotations

from tlstudio.domain.progress import Cancel
from tlstudio.formats.annotation_set import AnnotationSet
from tlstudio.formats.listing import Listing
from tlstudio.formats.readers import LIKELY, SURE, Evidence
from tlstudio.formats.readers._labelme_json import find, read_files

NAME = "xanylabeling"


def sniff(listing: Listing) -> Evidence | None:
    """JSON files with shapes and keys that only X-AnyLabeling writes."""
    names, own = find(listing)
    if not names:
        return None
    seen = "JSON files with shapes" + (" and difficult or kie_linking" if own else "")
    return Evidence(tuple(names), seen, SURE if own else LIKELY)


def read(listing: Listing, evidence: Evidence, cancel: Cancel | None = None) -> AnnotationSet:
    """One image for each file. Raises Cancelled."""
    return read_files(NAME, listing, evidence, cancel)
