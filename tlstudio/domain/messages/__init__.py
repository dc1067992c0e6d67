"""English templates for every code that can reach a person, by topic.

Errors, warnings, stages and reasons travel as codes with parameters; the window translates
the template before it fills it, the command line fills it as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

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

    An unknown code is shown as itself with its parameters, never hidden.
    """
    text = template if template is not None else MESSAGES.get(code)
    if text is None:
        facts = ", ".join(f"{name}={value}" for name, value in params.items() if value != "")
        return f"{code} ({facts})" if facts else code
    return text.format_map(_Forgiving(params))


class _Forgiving(dict[str, object]):
    """A missing parameter shows its name instead of breaking the message."""

    def __missing__(self, key: str) -> str:
        return f"<{key}>"
