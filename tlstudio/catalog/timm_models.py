"""Any model of timm by name: the table timm.json, read only when one is asked for.

The table is written by `python -m tlstudio.ml.zoo.tables timm` from the installed timm: each
architecture was built and run there, without weights, to find the sizes it takes.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any

from tlstudio.domain.models import ModelSpec, SizeRule, WeightsSource
from tlstudio.domain.tasks import Task

PREFIX = "timm:"
# What a row does not say because most rows would say it.
USUAL: dict[str, Any] = {
    "sizes": [32, 32, None],
    "interpolation": "bicubic",
    "mean": [0.485, 0.456, 0.406],
    "std": [0.229, 0.224, 0.225],
    "licence": "apache-2.0",
}

_CODE_LICENCE = "Apache-2.0"
_BYTES = 4  # of a published number: single precision
_BUILDER = "tlstudio.ml.zoo.timm_models:build"
_HUB = "https://huggingface.co/"
_HASH = re.compile(r"-([0-9a-f]{8,})\.(?:pth|pt|safetensors)$")


def specs() -> list[ModelSpec]:
    """Every model of the table."""
    return [_spec(row) for row in _table().values()]


def names() -> list[str]:
    """Names as timm writes them, with and without the tag of the training recipe."""
    return [*_defaults(), *_table()]


def find(model_id: str) -> ModelSpec | None:
    """The model `timm:NAME`; a name without a tag is the default recipe's. None: no such model."""
    if not model_id.startswith(PREFIX):
        return None
    name = model_id.removeprefix(PREFIX)
    row = _table().get(_defaults().get(name, name))
    return _spec(row) if row else None


@cache
def _table() -> dict[str, dict[str, Any]]:
    text = files(__package__).joinpath("timm.json").read_text(encoding="utf-8")
    rows = json.loads(text)
    table = {row["name"]: row for row in rows}
    if len(table) != len(rows):
        raise ValueError("models defined twice in timm.json")
    return table


@cache
def _defaults() -> dict[str, str]:
    """Name without tag -> the full name it stands for."""
    return {name.partition(".")[0]: name for name, row in _table().items() if row.get("default")}


def _spec(row: dict[str, Any]) -> ModelSpec:
    facts = {**USUAL, **row}
    name = facts["name"]
    architecture, _, tag = name.partition(".")
    least, step, most = facts["sizes"]
    return ModelSpec(
        id=PREFIX + name,
        task=Task.CLASSIFICATION,
        family="timm",
        name=name,
        description=f"{architecture} of the timm library"
        + (f", trained by the recipe {tag}." if tag else "."),
        params=facts["params"],
        input_size=facts["input"],
        sizes=SizeRule(least, step, most),
        mean=tuple(facts["mean"]),
        std=tuple(facts["std"]),
        licence=_CODE_LICENCE,
        weights_licence=facts["licence"] or "not stated by timm",
        weights=_source(facts, tag),
        builder=_BUILDER,
        interpolation=facts["interpolation"],
    )


def _source(facts: dict[str, Any], tag: str) -> WeightsSource | None:
    """The published file; one on the hub has no published hash."""
    url = facts.get("url")
    if "hub" in facts:
        owner, model, file = facts["hub"].split("/", 2)
        url = f"{_HUB}{owner}/{model}/resolve/main/{file}"
    if not url:
        return None
    found = _HASH.search(url)
    about = _BYTES * int(facts["params"])
    return WeightsSource(url, None, found[1] if found else None, tag or "default", about)
