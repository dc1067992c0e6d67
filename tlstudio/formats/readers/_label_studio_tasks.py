"""Which image a task of Label Studio is about, and the short form made like the full one."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence

from tlstudio.formats.listing import Listing
from tlstudio.formats.readers._image_names import path_of_url
from tlstudio.formats.readers._values import items, mapping, whole, words
from tlstudio.imaging.reading import SUFFIXES

_Object = Mapping[str, object]

_USUAL = ("image", "img", "images", "photo", "picture", "image_url", "url", "path", "file")
_AFTER = ("annotator", "annotation_id", "created_at", "updated_at", "lead_time", "agreement")
"""What the short form puts after a person's answers."""
_UPLOADED = re.compile(r"^[0-9a-f]{8}-(?=.)")
_LAST_NUMBER = re.compile(r"(\d{1,6})\D*$")
_NOT_IMAGE = (".wav", ".mp3", ".flac", ".ogg", ".m4a", ".txt", ".csv", ".json", ".html", ".pdf")


def image_of(
    listing: Listing, data: _Object, results: Sequence[_Object]
) -> dict[str, list[_Object]]:
    """The path of each image of a task with the results that are about it; empty where the task
    is about something else.

    A task with several pages has a list of images; results tell theirs by `item_index` or by
    the number in the name of what they belong to.
    """
    pages = _pages(listing, data, results)
    if not pages:
        return {}
    groups: dict[str, list[_Object]] = {page: [] for page in pages}
    for result in results:
        index = whole(result.get("item_index"))
        if index is None and len(pages) > 1:
            found = _LAST_NUMBER.search(words(result.get("to_name")))
            index = int(found[1]) if found else 0
        groups[pages[min(max(index or 0, 0), len(pages) - 1)]].append(result)
    return groups


def _pages(listing: Listing, data: _Object, results: Sequence[_Object]) -> list[str]:
    wanted = dict.fromkeys(words(result.get("to_name")) for result in results)
    named = [key for key in (*wanted, *data) if key in data and _ends_like_image(data[key])]
    keys = dict.fromkeys((*named, *(key for key in _USUAL if key in data)))
    for key in keys:
        found = [path for one in _several(data[key]) if (path := path_of_url(one))]
        if found and not found[0].lower().endswith(_NOT_IMAGE):
            return [_as_listed(listing, path) for path in found]
    return []


def _several(value: object) -> list[object]:
    """One address, a list of them, or of objects with a `url`."""
    given = items(value) or [value]
    return [one.get("url", one.get("image")) if isinstance(one, dict) else one for one in given]


def _ends_like_image(value: object) -> bool:
    found = path_of_url(_several(value)[0])
    return posixpath.splitext(found)[1].lower() in SUFFIXES


def _as_listed(listing: Listing, path: str) -> str:
    """The image of the listing, also without the eight letters put before an uploaded name."""
    found = listing.find_image(path)
    if found is None:
        folder, name = posixpath.split(path)
        shorter = _UPLOADED.sub("", name)
        found = listing.find_image(posixpath.join(folder, shorter)) if shorter != name else None
    return found or path


def short_results(row: _Object) -> tuple[_Object, list[_Object]]:
    """(data, results) of a row of the short form, as the full form would have them.

    A row holds the data of the task, its id, the answers by their names, then the annotator.
    """
    keys = list(row)
    start = keys.index("id") + 1 if "id" in row else 0
    end = next((i for i, key in enumerate(keys) if i >= start and key in _AFTER), len(keys))
    results: list[_Object] = []
    for key in keys[start:end]:
        value = row[key]
        if isinstance(value, list):
            results += [_result(key, mapping(one)) for one in value if mapping(one)]
        else:
            results += _choices(key, value)
    data = {key: value for key, value in row.items() if key not in keys[start:end]}
    return data, results


def _result(name: str, one: _Object) -> _Object:
    kind = next((key for key in one if key.endswith("labels")), "")
    kept = {key: one[key] for key in ("original_width", "original_height", "id") if key in one}
    return {"from_name": name, "to_name": "", "type": kind, "value": one, **kept}


def _choices(name: str, value: object) -> list[_Object]:
    """A single word is a choice; several come as an object."""
    given = [value] if isinstance(value, str) else items(mapping(value).get("choices"))
    if not given or any(len(words(one)) > 100 for one in given):
        return []  # a sentence that somebody wrote
    return [{"from_name": name, "to_name": "", "type": "choices", "value": {"choices": given}}]
