"""The keys as a person reads them: by page and group, digits in one line, the mouse too."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from tlstudio.ui.commands import COMMANDS, FAMILIES
from tlstudio.ui.key_names import shown


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table of keys; `title` is English and goes through `tr`."""

    group: str
    keys: tuple[str, ...]
    title: str
    ids: tuple[str, ...] = ()


# What the mouse and held keys do; these are fixed. (scope, group, what, title)
MOUSE = (
    ("everywhere", "Program", "Esc", "Close a panel, leave a field"),
    ("images", "Moving", "Arrows", "Next image, line, or page"),
    ("images", "Moving", "Shift+click", "Select up to here"),
    ("images", "Moving", "Ctrl+click", "Select one more, or one less"),
    ("images", "View", "Ctrl+wheel", "Size of the thumbnails"),
    ("label", "View", "Wheel", "Zoom to the pointer"),
    ("label", "View", "Space+drag", "Move the view (middle button as well)"),
    ("label", "View", "Double click", "Fit the image, or close the polygon"),
    ("label", "Held with a tool", "Select: Shift+click", "Select one more, or one less"),
    ("label", "Held with a tool", "Select: Alt+drag", "Copy the shape"),
    ("label", "Held with a tool", "Select: Alt+click", "Add a point on an edge, take one away"),
    ("label", "Held with a tool", "Box: Shift", "Square"),
    ("label", "Held with a tool", "Box: Ctrl or Alt", "From the middle"),
    ("label", "Held with a tool", "Polygon: Alt", "Cut a hole into the selected polygon"),
    ("label", "Held with a tool", "Polygon: Shift", "Another part of the selected polygon"),
    ("label", "Held with a tool", "Brush: Shift", "A straight line"),
    ("label", "Held with a tool", "Brush: Ctrl", "A new mask"),
    ("label", "Held with a tool", "Brush: Alt+wheel", "Size; of the eraser as well"),
    ("label", "Held with a tool", "Fill: Shift", "Into the selected mask"),
    ("label", "Held with a tool", "Fill: Alt+wheel", "Tolerance"),
    ("label", "Held with a tool", "Outline: Alt+click", "What does not belong to it"),
    ("label", "Held with a tool", "Outline: Alt+wheel", "Smoothing"),
    ("style", "Before and after", "Left, Right", "Move the divider (Home, End: to its ends)"),
    ("style", "Before and after", "Space", "The picture before, while it is held"),
    ("style", "Before and after", "Wheel, + and -", "Zoom (0: all of it, 1: its pixels)"),
    ("style", "Before and after", "Shift+Arrows", "Move the view (dragging as well)"),
    ("style", "Painting a region", "Arrows, Space", "Move the brush, let it down or lift it"),
    ("style", "Painting a region", "[ and ]", "Width of the brush"),
    ("style", "Painting a region", "Enter, Esc", "Use the region, or leave it"),
)


def lines(
    scope: str, keys: Mapping[str, tuple[str, ...]], known: Collection[str] | None = None
) -> list[Line]:
    """The commands of a page with their keys; of `known` only where that is given.

    Groups come in the order in which they first appear. Commands without a key are listed with
    an empty tuple.
    """
    found: list[Line] = []
    done: set[str] = set()
    for made in COMMANDS:
        if made.scope != scope or (known is not None and made.id not in known):
            continue
        family = made.id.rpartition(".")[0]
        if family in done:
            continue
        folded = _folded(family, keys)
        if folded is not None:
            done.add(family)
            ids = tuple(each.id for each in COMMANDS if each.id.startswith(f"{family}."))
            found.append(Line(made.group, folded, FAMILIES[family], ids))
        else:
            own = tuple(map(shown, keys.get(made.id, ())))
            found.append(Line(made.group, own, made.title, (made.id,)))
    found += [Line(group, (what,), title) for at, group, what, title in MOUSE if at == scope]
    order = list(dict.fromkeys(line.group for line in found))
    return sorted(found, key=lambda line: order.index(line.group))


def _folded(family: str, keys: Mapping[str, tuple[str, ...]]) -> tuple[str, ...] | None:
    """The keys of a family as "Ctrl+1 … 9" or "Shift+Arrows"; None where they are not all alike."""
    if family not in FAMILIES:
        return None
    members = [made.id.rpartition(".")[2] for made in COMMANDS if made.id.startswith(f"{family}.")]
    first = keys.get(f"{family}.{members[0]}", ())
    start = members[0].capitalize()
    for member in members:
        wanted = tuple(key.removesuffix(start) + member.capitalize() for key in first)
        if keys.get(f"{family}.{member}", ()) != wanted:
            return None
    if start == "1":
        return tuple(f"{shown(key)} … 9" for key in first)
    return tuple(f"{key.removesuffix(start)}Arrows" for key in first)
