"""Recipe: every setting of a run, with its unit, range and level.

The form on screen, the options of the command line and the validation derive from these fields.
A field's label and help are the message codes "recipe.<name>" and "recipe.<name>.help".
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any

from tlstudio.domain.errors import UserError
from tlstudio.domain.tasks import Task


class Strategy(StrEnum):
    FEATURE_EXTRACTION = "feature-extraction"
    LAST_N = "last-n"
    FULL = "full"
    PROBE_THEN_FINETUNE = "probe-then-finetune"


class Level(StrEnum):
    BASIC = "basic"
    EXPERT = "expert"


@dataclass(frozen=True, slots=True)
class Field:
    """One setting: `kind` is int, float, bool or choice; `auto` names the value that means
    "chosen from the data" where there is one."""

    name: str
    kind: str
    default: Any
    unit: str = ""
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()
    level: Level = Level.EXPERT
    auto: float | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def read(self, text: object) -> Any:
        """The value in `text`, checked; UserError("recipe.value") names the lawful ones."""
        try:
            value = self._convert(text)
        except (TypeError, ValueError):
            raise self._refusal(text) from None
        if self.choices and value not in self.choices:
            raise self._refusal(text)
        if self.kind in ("int", "float") and value != self.auto:
            low = self.least is not None and value < self.least
            if low or (self.most is not None and value > self.most) or value != value:
                raise self._refusal(text)
        return value

    def _convert(self, text: object) -> Any:
        if self.kind == "bool":
            words = {"true": True, "yes": True, "1": True, "on": True}
            words |= {"false": False, "no": False, "0": False, "off": False}
            return words[str(text).strip().lower()] if str(text).strip().lower() in words else _no()
        if self.kind == "int":
            return int(str(text))
        return float(str(text)) if self.kind == "float" else str(text)

    def _refusal(self, text: object) -> UserError:
        lawful = ", ".join(self.choices) or f"{self.least:g} to {self.most:g}"
        if self.kind == "bool":
            lawful = "true, false"
        if self.auto is not None:
            lawful += f", or {self.auto:g} for automatic"
        return UserError("recipe.value", field=self.name, value=text, lawful=lawful)


def _no() -> bool:
    raise ValueError


def _f(name: str, kind: str, default: Any, **facts: Any) -> Any:
    return field(default=default, metadata={"field": Field(name, kind, default, **facts)})


_B = Level.BASIC


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a model is fine-tuned. Defaults suit a few hundred images on a laptop."""

    strategy: str = _f(
        "strategy",
        "choice",
        Strategy.PROBE_THEN_FINETUNE.value,
        choices=tuple(s.value for s in Strategy),
        level=_B,
    )
    epochs: int = _f("epochs", "int", 12, unit="epochs", least=1, most=1000, level=_B)
    image_size: int = _f("image_size", "int", 0, unit="px", least=16, most=4096, auto=0, level=_B)
    augmentation: str = _f(
        "augmentation",
        "choice",
        "medium",
        choices=("none", "light", "medium", "strong"),
        level=_B,
    )
    device: str = _f("device", "choice", "auto", choices=("auto", "cpu", "cuda", "mps"), level=_B)
    time_limit: float = _f(
        "time_limit", "float", 0.0, unit="min", least=0.1, most=100_000, auto=0, level=_B
    )
    seed: int = _f("seed", "int", 0, least=0, most=2**31 - 1)
    batch_size: int = _f("batch_size", "int", 0, unit="images", least=1, most=4096, auto=0)
    learning_rate: float = _f("learning_rate", "float", 0.0, least=1e-7, most=10.0, auto=0)
    layer_decay: float = _f("layer_decay", "float", 0.0, least=0.1, most=1.0, auto=0)
    last_blocks: int = _f("last_blocks", "int", 2, unit="blocks", least=1, most=100)
    weight_decay: float = _f("weight_decay", "float", 0.01, least=0.0, most=1.0)
    l2_sp: float = _f("l2_sp", "float", 0.0, least=0.0, most=10.0)
    dropout: float = _f("dropout", "float", 0.2, least=0.0, most=0.9)
    label_smoothing: float = _f("label_smoothing", "float", 0.0, least=0.0, most=0.5)
    class_weights: str = _f("class_weights", "choice", "auto", choices=("auto", "none", "balanced"))
    freeze_batch_norm: str = _f(
        "freeze_batch_norm", "choice", "auto", choices=("auto", "yes", "no")
    )
    patience: int = _f("patience", "int", 5, unit="epochs", least=1, most=1000)
    min_steps: int = _f("min_steps", "int", 150, unit="steps", least=0, most=1_000_000)
    mixed_precision: str = _f("mixed_precision", "choice", "auto", choices=("auto", "off"))

    @classmethod
    def fields(cls, task: Task = Task.CLASSIFICATION) -> tuple[Field, ...]:
        """All fields in the order of the form."""
        del task  # every task has the same fields so far
        return tuple(f.metadata["field"] for f in fields(cls))

    @classmethod
    def read(cls, settings: dict[str, object], task: Task = Task.CLASSIFICATION) -> Recipe:
        """A recipe from names and texts or values; UserError names what is not lawful."""
        table = {f.name: f for f in cls.fields(task)}
        for name in settings:
            if name not in table:
                raise UserError("recipe.unknown", field=name, known=", ".join(table))
        return cls(**{name: table[name].read(value) for name, value in settings.items()})

    def to_json(self) -> dict[str, Any]:
        return asdict(self)
