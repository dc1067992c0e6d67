"""What each filter offers, and how it reads."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from tlstudio.domain.images import ImageQuery, ImageState, Split
from tlstudio.ui.pages.images.look import chip_icon, split_word, state_word
from tlstudio.ui.widgets.choices import Choice
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.ui.label_store import LabelStore

SHOWN = ("labels", "states", "splits", "groups", "makers", "size")
"""Filters that always have a chip; the others get one while they are used."""

MORE = ("tags", "kinds", "origins", "assignees", "commented", "burned_in", "synthetic")

FACETS_OF: dict[str, tuple[str, ...]] = {
    "labels": ("labels", "unlabelled"),
    "origins": ("origins", "imports"),
}
"""What services.images.facets is asked for a filter, where it is not its own name."""

SIZES = (
    "min_width",
    "max_width",
    "min_height",
    "max_height",
    "min_pixels",
    "max_pixels",
    "smaller",
)


def titles() -> dict[str, str]:
    return {
        "labels": tr("Label"),
        "states": tr("State"),
        "splits": tr("Split"),
        "groups": tr("Group"),
        "makers": tr("Source"),
        "size": tr("Size"),
        "tags": tr("Tag"),
        "kinds": tr("Kind of shape"),
        "origins": tr("Came from"),
        "assignees": tr("Given to"),
        "commented": tr("Comments"),
        "burned_in": tr("Text in the pixels"),
        "synthetic": tr("Made here"),
    }


def values_of(query: ImageQuery, name: str) -> frozenset[Any]:
    """What is ticked of a filter."""
    found: frozenset[Any] | bool | None = getattr(query, name)
    if isinstance(found, frozenset):
        return found
    return frozenset() if found is None else frozenset({found})


def choices(name: str, facets: dict[str, Any], labels: LabelStore) -> list[Choice]:
    """The boxes of a filter, with how many images each stands for."""
    numbers: dict[Any, int] = facets.get(name, {})
    if name == "labels":
        made = [
            Choice(item.id, item.name, numbers.get(item.id, 0), chip_icon(item.colour, item.id))
            for item in labels.all()
        ]
        return [Choice(0, tr("No label"), facets.get("unlabelled")), *made]
    if name == "origins":
        return [
            Choice(value, origin_word(value, facets.get("imports", {})), n)
            for value, n in numbers.items()
        ]
    fixed = _fixed(name)
    known = [Choice(value, text, numbers.get(value, 0)) for value, text in fixed.items()]
    others = [
        Choice(value, maker_word(value) if name == "makers" else str(value), n)
        for value, n in numbers.items()
        if value not in fixed
    ]
    return [*known, *others]


def _fixed(name: str) -> dict[Any, str]:
    """Choices that are there in every project."""
    if name == "states":
        return {state.value: state_word(state) for state in ImageState}
    if name == "splits":
        return {**{split.value: split_word(split) for split in Split}, "": tr("none")}
    if name == "groups":
        return {"": tr("No group")}
    if name == "makers":
        return {word: maker_word(word) for word in ("person", "import", "model", "suggestion")}
    if name == "kinds":
        return {word: kind_word(word) for word in ("box", "polygon", "mask", "image_label")}
    if name == "assignees":
        return {"": tr("nobody")}
    if name == "commented":
        return {True: tr("with a comment"), False: tr("without a comment")}
    if name == "burned_in":
        return {True: tr("may name somebody"), False: tr("nothing said")}
    if name == "synthetic":
        return {True: tr("made here"), False: tr("brought in")}
    return {}


def maker_word(value: str) -> str:
    if value.startswith("by:"):
        return tr("By {name}", name=value.removeprefix("by:"))
    return {
        "person": tr("A person"),
        "import": tr("An import"),
        "model": tr("A model, accepted"),
        "suggestion": tr("Suggestions waiting"),
    }.get(value, value)


def kind_word(kind: str) -> str:
    return {
        "box": tr("Boxes"),
        "polygon": tr("Polygons"),
        "mask": tr("Masks"),
        "image_label": tr("Image labels"),
    }[kind]


def origin_word(value: str, imports: dict[int, tuple[str, str]]) -> str:
    """An import by the name and day of what came in, a folder by its name."""
    kind, _, rest = value.partition(":")
    if kind == "folder":
        return tr("Folder {name}", name=rest.rstrip("/")) if rest else tr("The top folder")
    source, at = imports.get(int(rest) if rest.isdigit() else 0, ("", ""))
    if not source:
        return tr("Import with names replaced, {day}", day=at[:10])
    first, *others = source.split(", ")
    name = PurePath(first).name or first
    return tr("Import of {name}, {day}", name=f"{name} …" if others else name, day=at[:10])


def size_words(query: ImageQuery) -> str:
    """The limits of size in few words; empty where there is none."""
    parts = [
        _range(tr("width"), query.min_width, query.max_width, "px"),
        _range(tr("height"), query.min_height, query.max_height, "px"),
        _range("", *(megapixels(n) for n in (query.min_pixels, query.max_pixels)), "MP"),
        tr("a side under {n} px", n=query.smaller) if query.smaller else "",
    ]
    return ", ".join(filter(None, parts))


def megapixels(pixels: int) -> float:
    return round(pixels / 1e6, 2)


def _range(what: str, least: float, most: float, unit: str) -> str:
    if least and most:
        words = tr("{a:g} to {b:g} {unit}", a=least, b=most, unit=unit)
    elif least:
        words = tr("from {a:g} {unit}", a=least, unit=unit)
    elif most:
        words = tr("up to {b:g} {unit}", b=most, unit=unit)
    else:
        return ""
    return f"{what} {words}".strip()


def joined(words: Iterable[str]) -> str:
    """Two words side by side, more as a number."""
    found = list(words)
    return tr("{n} chosen", n=len(found)) if len(found) > 2 else ", ".join(found)
