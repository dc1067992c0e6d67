"""The history of pictures made here: what each was made from, how, and where it lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class StylingKind(StrEnum):
    """How a picture was made: by optimisation, by a stylizer (a run), by matching a site's look."""

    OPTIMISED = "optimised"
    STYLIZER = "stylizer"
    MATCHED = "matched"


@dataclass(frozen=True, slots=True)
class StylingEntry:
    """One picture of the history.

    `content_image` is the project's image it was made from, None where that was a file or is
    gone; `content_path` names the file all the same. `sources` are the style images as
    StyleSource.to_json() writes them, for a stylizer {"run": …}. `settings` are those of
    StyleSettings.to_json(). `result` is a path relative to the project; `saved_image` the image it
    became in the project, None where it did not or is gone. `seconds` and `losses` are those at
    the end.
    """

    id: int
    kind: StylingKind
    content_path: str
    content_image: int | None = None
    content_frame: int = 0
    sources: tuple[Mapping[str, Any], ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    result: str = ""
    width: int = 0
    height: int = 0
    steps: int = 0
    seconds: float = 0.0
    losses: Mapping[str, float] = field(default_factory=dict)
    saved_image: int | None = None
    created_at: str = ""
    created_by: str = ""
