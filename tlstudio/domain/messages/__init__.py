"""English templates for every code that can reach a person, by topic.

Errors, warnings, stages and reasons travel as codes with parameters; the window translates
the template before it fills it, the command line fills it as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from string import Formatter

TOPICS = (
    "project",
    "data",
    "sites",
    "comparing",
    "formats",
    "objects",
    "reading",
    "training",
    "weights",
    "bundle",
    "recipe",
    "restyling",
    "defaults",
    "outline",
    "shapes",
    "assist",
    "exporting",
    "identity",
    "styling",
    "looks",
    "stylizers",
    "system",
)


def _collect() -> dict[str, str]:
    merged: dict[str, str] = {}
    for topic in TOPICS:
        table: Mapping[str, str] = import_module(f"{__name__}.{topic}").MESSAGES
        doubled = merged.keys() & table.keys()
        if doubled:
            raise ValueError(f"message codes defined twice: {sorted(doubled)}")
        merged.update(table)
    return merged


MESSAGES: Mapping[str, str] = _collect()


def render(code: str, params: Mapping[str, object], template: str | None = None) -> str:
    """Fill the template of `code`, or a translation of it given as `template`.

    A field with a bar in its format chooses words by a number and does not show it: in
    "{count} {count:image is|images are}" what is before the bar stands where `count` shows
    as 1, what is behind it for all else. Either may hold fields.

    A missing parameter shows its name, and an unknown code is shown as itself with its
    parameters, never hidden.
    """
    text = template if template is not None else MESSAGES.get(code)
    if text is None:
        facts = ", ".join(f"{name}={value}" for name, value in params.items() if value != "")
        return f"{code} ({facts})" if facts else code
    return _Filling().vformat(text, (), params)


class _Filling(Formatter):
    def get_value(
        self, key: int | str, args: Sequence[object], kwargs: Mapping[str, object]
    ) -> object:
        del args  # fields have names
        return kwargs.get(str(key), _Missing(f"<{key}>"))

    def format_field(self, value: object, format_spec: str) -> str:
        one, bar, many = format_spec.partition("|")
        if bar:
            return one if str(value) == "1" else many
        return format(value, format_spec)


class _Missing(str):
    """The name of a missing parameter, which no format meant for a number breaks."""

    __slots__ = ()

    def __format__(self, format_spec: str) -> str:
        return str(self)
