"""ModelSpec: one pretrained model as data."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from tlstudio.domain.errors import UserError
from tlstudio.domain.tasks import Aid, Task


@dataclass(frozen=True, slots=True)
class SizeRule:
    """Square input sizes, in pixels, that train and export.

    They are `offset`, `offset + step`, `offset + 2 step` and so on, from `least` to `most`, which
    is None where there is no upper bound.
    """

    least: int
    step: int = 1
    most: int | None = None
    offset: int = 0

    def allows(self, size: int) -> bool:
        above = self.most is not None and size > self.most
        return size >= self.least and (size - self.offset) % self.step == 0 and not above

    def nearest(self, size: int) -> int:
        """The allowed size closest to `size`."""
        low = self.offset - (self.offset - self.least) // self.step * self.step
        near = max(low, self.offset + round((size - self.offset) / self.step) * self.step)
        if self.most is None:
            return near
        return min(near, self.offset + (self.most - self.offset) // self.step * self.step)


@dataclass(frozen=True, slots=True)
class WeightsSource:
    """Where pretrained weights come from: official address, bytes, hash.

    `hash_prefix` is the published start of the file's sha256; None means that none is
    published, so the first fetch records it and the screen says "unverified". Where no size is
    published, `about` is what its parameters take.
    """

    url: str
    size: int | None
    hash_prefix: str | None
    name: str
    about: int | None = None


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One row of the catalogue. `id` is the library's own name.

    `mean` and `std` are per RGB channel for values in 0..1; `input_size` is in pixels;
    `builder` is "package.module:function", resolved only in the worker. `backbone` is the id of
    the classifier whose weights fit the backbone of a detector or segmenter.
    """

    id: str
    task: Task | Aid
    family: str
    name: str
    description: str
    params: int
    input_size: int
    sizes: SizeRule
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    licence: str
    weights_licence: str
    weights: WeightsSource | None
    builder: str
    interpolation: str = "bilinear"
    backbone: str | None = None

    def check_size(self, size: int) -> None:
        """Raise UserError("recipe.size", …) where this size cannot be trained and exported."""
        if not self.sizes.allows(size):
            raise UserError(
                "recipe.size", model=self.id, size=size, nearest=self.sizes.nearest(size)
            )

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> ModelSpec:
        weights = data["weights"]
        return cls(
            **{
                **data,
                "task": purpose(data["task"]),
                "sizes": SizeRule(**data["sizes"]),
                "mean": tuple(data["mean"]),
                "std": tuple(data["std"]),
                "weights": WeightsSource(**weights) if weights else None,
            }
        )


def purpose(code: str) -> Task | Aid:
    """What a model is for, from its code; ValueError where there is no such purpose."""
    return Aid(code) if code in {aid.value for aid in Aid} else Task(code)
