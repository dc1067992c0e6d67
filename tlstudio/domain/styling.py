"""Styling: one picture painted in the look of others, with every setting of the optimisation.

The form on screen, the options of the command line and the validation derive from the fields of
StyleSettings. A field's label and help are the message codes "styling.<name>" and
"styling.<name>.help"; a choice's name is "styling.<name>.<choice>".
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import PurePath
from typing import Any

from tlstudio.domain.errors import UserError
from tlstudio.domain.recipe import Field, Level
from tlstudio.domain.windows import KINDS, Window

MOST_PIXELS = 2048 * 2048
"""Largest result: 4 megapixels."""
LEAST_SIDE = 32
"""Shortest side of a result, in pixels; the deepest layers need as many."""
MOST_SOURCES = 8
RESULT_ENDINGS = (".png", ".jpg", ".jpeg", ".tif", ".tiff")

NETWORKS = ("squeezenet1_1", "vgg19")
LAYERS: dict[str, tuple[str, ...]] = {
    "squeezenet1_1": ("relu1", *(f"fire{n}" for n in range(2, 10))),
    "vgg19": tuple(
        f"relu{block}_{n}"
        for block, count in ((1, 2), (2, 2), (3, 4), (4, 4), (5, 4))
        for n in range(1, count + 1)
    ),
}
"""Layers of each feature network, by their order; all are taken after their ReLU."""
DEFAULT_LAYERS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "squeezenet1_1": (("fire5",), ("relu1", "fire2", "fire3", "fire5", "fire7")),
    "vgg19": (("relu4_2",), ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")),
}
"""(content layers, style layers) of "auto"."""


def _f(name: str, kind: str, default: Any, **facts: Any) -> Any:
    return field(default=default, metadata={"field": Field(name, kind, default, **facts)})


_B = Level.BASIC
_WIDE = 1e9  # raw values of any file


@dataclass(frozen=True, slots=True)
class StyleSettings:
    """How a picture is styled. Each weight is 1 where it is as recommended for its network."""

    size: int = _f("size", "int", 512, unit="px", least=64, most=4096, level=_B)
    style_weight: float = _f("style_weight", "float", 1.0, least=0.0, most=1000.0, level=_B)
    content_weight: float = _f("content_weight", "float", 1.0, least=0.0, most=1000.0, level=_B)
    style_scale: float = _f("style_scale", "float", 1.0, least=0.25, most=4.0, level=_B)
    smoothness: float = _f("smoothness", "float", 1.0, least=0.0, most=1000.0, level=_B)
    colour: str = _f(
        "colour", "choice", "style", choices=("style", "luminance", "histogram"), level=_B
    )
    network: str = _f("network", "choice", "squeezenet1_1", choices=NETWORKS, level=_B)
    device: str = _f("device", "choice", "auto", choices=("auto", "cpu", "cuda", "mps"), level=_B)
    time_limit: float = _f(
        "time_limit", "float", 0.0, unit="min", least=0.01, most=100_000, auto=0, level=_B
    )
    steps: int = _f("steps", "int", 0, unit="steps", least=1, most=100_000, auto=0)
    optimizer: str = _f("optimizer", "choice", "lbfgs", choices=("lbfgs", "adam"))
    learning_rate: float = _f("learning_rate", "float", 0.0, least=1e-5, most=1.0, auto=0)
    start: str = _f("start", "choice", "content", choices=("content", "noise"))
    content_layers: str = _f("content_layers", "text", "auto")
    style_layers: str = _f("style_layers", "text", "auto")
    seed: int = _f("seed", "int", 0, least=0, most=2**31 - 1)
    window: str = _f("window", "choice", "auto", choices=KINDS)
    window_low: float = _f("window_low", "float", 0.0, least=-_WIDE, most=_WIDE)
    window_high: float = _f("window_high", "float", 0.0, least=-_WIDE, most=_WIDE)

    @classmethod
    def fields(cls) -> tuple[Field, ...]:
        """The fields in the order of the form; kind "text" is a list of layers, or auto."""
        return tuple(each.metadata["field"] for each in fields(cls))

    @classmethod
    def read(cls, settings: Mapping[str, object]) -> StyleSettings:
        """Settings from names and texts or values, with the defaults for the rest.

        UserError: recipe.unknown, recipe.value, styling.layer, styling.no_weight, window.order.
        """
        table = {each.name: each for each in cls.fields()}
        for name in settings:
            if name not in table:
                raise UserError("recipe.unknown", field=name, known=", ".join(table))
        made = cls(**{name: table[name].read(value) for name, value in settings.items()})
        made.layers()
        made.seen_through()
        if made.content_weight == 0 and made.style_weight == 0:
            raise UserError("styling.no_weight")
        return made

    def layers(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """(content layers, style layers), each in the network's order; UserError styling.layer."""
        content, style = DEFAULT_LAYERS[self.network]
        return self._named(self.content_layers, content), self._named(self.style_layers, style)

    def seen_through(self) -> Window:
        """Which raw values of deep images are black and white; UserError("window.order")."""
        return Window.chosen(self.window, self.window_low, self.window_high)

    def to_json(self) -> dict[str, Any]:
        """All settings by name; `read` gives them again."""
        return asdict(self)

    def _named(self, text: str, automatic: tuple[str, ...]) -> tuple[str, ...]:
        if text.strip() in ("", "auto"):
            return automatic
        known = LAYERS[self.network]
        names = {name.strip() for name in text.split(",")}
        for name in sorted(names - set(known)):
            raise UserError(
                "styling.layer", layer=name, network=self.network, known=", ".join(known)
            )
        return tuple(name for name in known if name in names)


@dataclass(frozen=True, slots=True)
class StyleSource:
    """A picture whose look is taken: `weight` is its share among several; `region` the path of a
    grey image (white: here) that is stretched onto the content, None for all of it."""

    path: str
    frame: int = 0
    weight: float = 1.0
    region: str | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.weight) and self.weight > 0):
            raise UserError("styling.weight", file=self.path, value=self.weight)


@dataclass(frozen=True, slots=True)
class Styling:
    """One styling: what is kept, whose look is taken, and how. UserError: styling.no_style,
    styling.too_many_styles."""

    content_path: str
    content_frame: int
    sources: tuple[StyleSource, ...]
    settings: StyleSettings

    def __post_init__(self) -> None:
        if not self.sources:
            raise UserError("styling.no_style")
        if len(self.sources) > MOST_SOURCES:
            raise UserError("styling.too_many_styles", most=MOST_SOURCES, count=len(self.sources))

    def to_json(self) -> dict[str, Any]:
        return {
            "content_path": self.content_path,
            "content_frame": self.content_frame,
            "sources": [asdict(source) for source in self.sources],
            "settings": self.settings.to_json(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Styling:
        """What `to_json` gave. KeyError, TypeError or ValueError where `data` is none; UserErrors
        of StyleSettings.read, StyleSource and Styling where a value is not lawful."""
        sources = tuple(
            StyleSource(
                str(each["path"]),
                int(each.get("frame", 0)),
                float(each.get("weight", 1.0)),
                None if each.get("region") is None else str(each["region"]),
            )
            for each in data["sources"]
        )
        settings = StyleSettings.read(data.get("settings") or {})
        return cls(str(data["content_path"]), int(data.get("content_frame", 0)), sources, settings)


def result_size(width: int, height: int, size: int) -> tuple[int, int]:
    """(width, height) of the result for a content of `width` x `height` with the longest side
    `size`; UserError styling.too_many_pixels, styling.too_thin."""
    scale = size / max(width, height)
    made = (max(1, round(width * scale)), max(1, round(height * scale)))
    if made[0] * made[1] > MOST_PIXELS:
        ratio = max(width, height) / min(width, height)
        largest = math.floor(math.sqrt(MOST_PIXELS * ratio))
        while largest * max(1, round(largest / ratio)) > MOST_PIXELS:
            largest -= 1
        raise UserError("styling.too_many_pixels", width=made[0], height=made[1], largest=largest)
    if min(made) < LEAST_SIDE:
        least = math.ceil(LEAST_SIDE * max(width, height) / min(width, height))
        raise UserError("styling.too_thin", width=made[0], height=made[1], least=least)
    return made


def check_result_name(path: str) -> None:
    """UserError("styling.ending") where no picture can be written under this name."""
    if PurePath(path).suffix.lower() not in RESULT_ENDINGS:
        raise UserError("styling.ending", file=path, endings=", ".join(RESULT_ENDINGS))
