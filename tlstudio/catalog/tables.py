"""The tables beside the catalogue's modules."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

from tlstudio.domain.models import ModelSpec


@cache
def rows_of(name: str) -> tuple[dict[str, Any], ...]:
    """The rows of a table of this package."""
    return tuple(json.loads(files(__package__).joinpath(name).read_text(encoding="utf-8")))


def distinct(specs: Iterable[ModelSpec]) -> tuple[ModelSpec, ...]:
    """The models as they are; ValueError where an id is there twice."""
    made = tuple(specs)
    ids = [spec.id for spec in made]
    if doubled := sorted({each for each in ids if ids.count(each) > 1}):
        raise ValueError(f"models defined twice: {doubled}")
    return made
