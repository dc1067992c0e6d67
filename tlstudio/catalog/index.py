"""The whole catalogue: models by task, by id, by words."""

from __future__ import annotations

import difflib

from tlstudio.catalog import (
    classifiers,
    detectors,
    promptable,
    segmenters,
    styles,
    timm_models,
    yolo,
)
from tlstudio.domain.errors import UserError
from tlstudio.domain.models import ModelSpec, WeightsSource
from tlstudio.domain.tasks import Aid, Task


def models(
    task: Task | Aid | None = None, search: str = "", *, include_timm: bool = False
) -> list[ModelSpec]:
    """Rows for `task` (None: all) whose id, name or family holds every word of `search`.

    timm's many models come only when asked for.
    """
    rows = _listed()
    if include_timm:
        rows += timm_models.specs()
    words = search.lower().split()
    return [
        spec
        for spec in rows
        if task in (None, spec.task)
        and all(word in f"{spec.id} {spec.name} {spec.family}".lower() for word in words)
    ]


def find(model_id: str) -> ModelSpec:
    """The model of this id; `timm:NAME` without a tag is timm's default for NAME, and any
    decoder goes with any backbone (`fpn:vgg16_bn`, `unet:timm-NAME`).

    UserError("weights.unknown_model") names models that are spelled alike.
    """
    name = model_id.strip()
    table = {spec.id: spec for spec in _listed()}
    spec = table.get(name) or timm_models.find(name) or segmenters.find(name)
    if spec is None:
        raise UserError("weights.unknown_model", model=model_id, close=_close(name, list(table)))
    return spec


def _listed() -> list[ModelSpec]:
    """All models but timm's."""
    return [
        *classifiers.classifiers(),
        *yolo.detectors(),
        *detectors.detectors(),
        *segmenters.segmenters(),
        *styles.stylizers(),
        *promptable.promptable(),
    ]


def official_files(spec: ModelSpec) -> list[WeightsSource]:
    """Every officially published file of this model's weights, its own default first."""
    known = list(classifiers.published(spec.id))
    return known or ([spec.weights] if spec.weights else [])


def is_official(spec: ModelSpec, sha256: str) -> bool:
    """Whether a file with this sha256 is one of the published ones."""
    prefixes = [source.hash_prefix for source in official_files(spec)]
    return any(prefix and sha256.startswith(prefix) for prefix in prefixes)


def _close(name: str, known: list[str]) -> str:
    """Words that name the models spelled alike; timm's only where they are meant."""
    asked = name.removeprefix(timm_models.PREFIX).lower()
    near: list[str] = []
    if not name.startswith(timm_models.PREFIX):
        near = _alike(asked, known)
    if not near:
        near = [timm_models.PREFIX + other for other in _alike(asked, timm_models.names())]
    return "did you mean " + ", ".join(near) if near else "`tlstudio models` lists them"


def _alike(asked: str, names: list[str]) -> list[str]:
    """Up to four of `names`: those that begin so, then those spelled alike, then those with it."""
    near = [name for name in names if asked and name.startswith(asked)][:4]
    near += difflib.get_close_matches(asked, names, n=4, cutoff=0.6)
    near += [name for name in names if len(asked) > 2 and asked in name]
    return list(dict.fromkeys(near))[:4]
