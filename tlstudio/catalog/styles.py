"""Stylizers: small networks that learn one style, each taught by a feature network.

An id names the teacher, as in `fast-style:squeezenet1_1`. The stylizer itself begins with random
weights; the weights of the catalogue are those of the teacher, the classifier `backbone`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from tlstudio.catalog import classifiers
from tlstudio.domain.advice import STYLE_WIDTH
from tlstudio.domain.models import ModelSpec, SizeRule
from tlstudio.domain.tasks import Task

PREFIX = "fast-style:"
FAMILY = "fast-style"
INPUT = 256
"""Side in pixels of the pieces that a stylizer learns from."""
SIZES = SizeRule(64, step=4)
"""The stylizer works at a quarter of the size, and the teacher halves a piece four times."""
WIDTH = STYLE_WIDTH
"""Channels of the first layer, unless the recipe names another number."""
PARAMETERS = 270_755
"""Learned numbers at that width; a contract test counts them."""

LICENCE = "AGPL-3.0-or-later"
BUILDER = "tlstudio.ml.zoo.stylizer:build"


@dataclass(frozen=True, slots=True)
class Teacher:
    """A feature network by the id of its classifier, and words about it."""

    classifier: str
    words: str


TEACHERS = (
    Teacher(
        "squeezenet1_1",
        "Learns one style in minutes and then restyles a picture at once; start here.",
    ),
    Teacher(
        "vgg19",
        "The same network with a more demanding teacher: finer strokes, and training takes many"
        " times as long without a graphics card.",
    ),
)


@cache
def stylizers() -> tuple[ModelSpec, ...]:
    """The one to begin with first."""
    known = {spec.id: spec for spec in classifiers.classifiers()}
    return tuple(_spec(teacher, known[teacher.classifier]) for teacher in TEACHERS)


def _spec(teacher: Teacher, classifier: ModelSpec) -> ModelSpec:
    return ModelSpec(
        id=PREFIX + teacher.classifier,
        task=Task.STYLE,
        family=FAMILY,
        name=f"Stylizer taught by {classifier.name}",
        description=teacher.words,
        params=PARAMETERS,
        input_size=INPUT,
        sizes=SIZES,
        mean=(0.5, 0.5, 0.5),
        std=(0.25, 0.25, 0.25),
        licence=LICENCE,
        weights_licence=classifier.weights_licence,
        weights=None,
        builder=BUILDER,
        backbone=classifier.id,
    )
