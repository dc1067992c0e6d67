"""Which image a file means: names in files are looked up among those listed, never opened."""

from __future__ import annotations

import posixpath
from urllib.parse import parse_qs, unquote, urlsplit

from tlstudio.formats.listing import Listing
from tlstudio.formats.readers._values import name_of


def beside(listing: Listing, file: str, given: object, *, own_name: bool = False) -> str:
    """The path of the image that `file` names as `given`, which is meant from its own folder or
    from the folder images beside it.

    An image of the listing where there is one; with `own_name` also the one beside the file that
    is called like it. Else the name as it was given, for someone to look for; "" for none.
    """
    name = name_of(given)
    folder = posixpath.dirname(file)
    if name and not name.startswith("/"):
        for inner in ("", "images"):
            joined = posixpath.normpath(posixpath.join(folder, inner, name))
            if is_image(listing, joined):
                return joined
    found = listing.find_image(name) if name else None
    if own_name and (found is None or not _same_stem(found, name)):
        twin = listing.find_image(posixpath.splitext(file)[0])
        if twin is not None and posixpath.dirname(twin) == folder and _same_stem(twin, file):
            return twin
    return found if found is not None else name


def is_image(listing: Listing, name: str) -> bool:
    """Whether it is one of the listed images, exactly."""
    return listing.find_image(name) == name


def of_stem(listing: Listing, stem: str) -> str:
    """The image called like that but for its ending, else the name as given."""
    return listing.find_image(stem) or stem


def path_of_url(given: object) -> str:
    """The path in an address or in what a tool calls a file; "" for none.

    Queries are let go, but for local files served as ?d=folder/name.
    """
    text = name_of(given)
    if not text or text.startswith("data:"):
        return ""
    try:
        parts = urlsplit(text)
        local = parse_qs(parts.query, max_num_fields=50).get("d")
    except ValueError:
        return text
    if local and parts.path.endswith("local-files/"):
        return name_of(local[0])
    if not parts.scheme and not parts.netloc:
        return unquote(text) if "%" in text and text.startswith("/") else text
    return name_of(unquote(parts.path)).lstrip("/")


def _same_stem(one: str, other: str) -> bool:
    a, b = (posixpath.splitext(posixpath.basename(n))[0].casefold() for n in (one, other))
    return a == b
