"""Recipe: every setting of a run, with its unit, range and level.

The form on screen, the options of the command line and the validation derive from these fields.
A field's label is the message code "recipe.<name>", its help `Field.help_code`. A task has the
fields that name it or no task, some with a default, a range or a help of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from enum import StrEnum
from typing import Any

from tlstudio.domain.errors import UserError
from tlstudio.domain.tasks import Task
from tlstudio.domain.windows import KINDS, Window


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
    """One setting: `kind` is int, float, bool or choice; `auto` names the number that means
    "chosen from the data" where there is one (a choice of that sense is called auto); `tasks`
    are those that have it, none for all; `idle` names the families of models with which it does
    nothing; `helped` a code of help other than the usual one."""

    name: str
    kind: str
    default: Any
    unit: str = ""
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()
    level: Level = Level.EXPERT
    auto: float | None = None
    tasks: tuple[str, ...] = ()
    idle: tuple[str, ...] = ()
    helped: str = ""

    @property
    def help_code(self) -> str:
        """The message code of its help: `helped` where a task says it in words of its own."""
        return self.helped or f"recipe.{self.name}.help"

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


def _f(
    name: str,
    kind: str,
    default: Any,
    *,
    by_task: Mapping[Task, Mapping[str, Any]] | None = None,
    **facts: Any,
) -> Any:
    """A field of the recipe; `by_task` replaces facts of it for some tasks."""
    made = Field(name, kind, default, **facts)
    return field(default=default, metadata={"field": made, "by_task": by_task or {}})


def _for_shapes(**facts: Any) -> dict[Task, Mapping[str, Any]]:
    return {Task.DETECTION: facts, Task.SEGMENTATION: facts}


def _for_style(**facts: Any) -> dict[Task, Mapping[str, Any]]:
    return {Task.STYLE: facts}


_B = Level.BASIC
_CLASSES = (Task.CLASSIFICATION.value,)
_BOXES = (Task.DETECTION.value,)
_PIXELS = (Task.SEGMENTATION.value,)
_LABELLED = _CLASSES + _BOXES + _PIXELS
_STYLED = (Task.STYLE.value,)
_WIDE = 1e9  # raw values of any file
_AUGMENTATION = ("none", "light", "medium", "strong")
_LABELLED = _CLASSES + _BOXES + _PIXELS


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a model is fine-tuned. Defaults suit a few hundred images on a laptop."""

    strategy: str = _f(
        "strategy",
        "choice",
        Strategy.PROBE_THEN_FINETUNE.value,
        choices=tuple(s.value for s in Strategy),
        level=_B,
        tasks=_LABELLED,
    )
    epochs: int = _f(
        "epochs",
        "int",
        12,
        unit="epochs",
        least=1,
        most=1000,
        level=_B,
        by_task=_for_shapes(default=0, auto=0)
        | _for_style(default=0, auto=0, helped="recipe.epochs.help.style"),
    )
    image_size: int = _f(
        "image_size",
        "int",
        0,
        unit="px",
        least=16,
        most=4096,
        auto=0,
        level=_B,
        by_task=_for_style(least=64, most=1024, helped="recipe.image_size.help.style"),
    )
    style_weight: float = _f(
        "style_weight", "float", 1.0, least=0.01, most=1000.0, level=_B, tasks=_STYLED
    )
    content_weight: float = _f(
        "content_weight", "float", 1.0, least=0.01, most=1000.0, level=_B, tasks=_STYLED
    )
    style_scale: float = _f(
        "style_scale", "float", 1.0, least=0.25, most=4.0, level=_B, tasks=_STYLED
    )
    colour: str = _f(
        "colour", "choice", "style", choices=("style", "luminance"), level=_B, tasks=_STYLED
    )
    augmentation: str = _f(
        "augmentation",
        "choice",
        "medium",
        choices=_AUGMENTATION,
        level=_B,
        tasks=_LABELLED,
        by_task=_for_shapes(default="auto", choices=("auto", *_AUGMENTATION)),
    )
    mirror: str = _f(
        "mirror", "choice", "auto", choices=("auto", "yes", "no"), level=_B, tasks=_LABELLED
    )
    look_augmentation: str = _f(
        "look_augmentation",
        "choice",
        "none",
        choices=("none", "colour", "stain"),
        level=_B,
        tasks=_LABELLED,
    )
    look_strength: float = _f("look_strength", "float", 0.5, least=0.0, most=1.0, tasks=_LABELLED)
    device: str = _f("device", "choice", "auto", choices=("auto", "cpu", "cuda", "mps"), level=_B)
    time_limit: float = _f(
        "time_limit", "float", 0.0, unit="min", least=0.1, most=100_000, auto=0, level=_B
    )
    window: str = _f("window", "choice", "auto", choices=KINDS)
    window_low: float = _f("window_low", "float", 0.0, least=-_WIDE, most=_WIDE)
    window_high: float = _f("window_high", "float", 0.0, least=-_WIDE, most=_WIDE)
    seed: int = _f("seed", "int", 0, least=0, most=2**31 - 1)
    batch_size: int = _f("batch_size", "int", 0, unit="images", least=1, most=4096, auto=0)
    learning_rate: float = _f(
        "learning_rate",
        "float",
        0.0,
        least=1e-7,
        most=10.0,
        auto=0,
        by_task=_for_style(helped="recipe.learning_rate.help.style"),
    )
    smoothness: float = _f("smoothness", "float", 1.0, least=0.0, most=1000.0, tasks=_STYLED)
    width: int = _f("width", "int", 0, unit="channels", least=16, most=64, auto=0, tasks=_STYLED)
    layer_decay: float = _f(
        "layer_decay", "float", 0.0, least=0.1, most=1.0, auto=0, tasks=_LABELLED
    )
    last_blocks: int = _f(
        "last_blocks", "int", 2, unit="blocks", least=1, most=100, tasks=_LABELLED
    )
    weight_decay: float = _f("weight_decay", "float", 0.01, least=0.0, most=1.0, tasks=_LABELLED)
    l2_sp: float = _f("l2_sp", "float", 0.0, least=0.0, most=10.0, tasks=_LABELLED)
    dropout: float = _f("dropout", "float", 0.2, least=0.0, most=0.9, tasks=_CLASSES)
    label_smoothing: float = _f(
        "label_smoothing", "float", 0.0, least=0.0, most=0.5, tasks=_CLASSES
    )
    class_weights: str = _f(
        "class_weights",
        "choice",
        "auto",
        choices=("auto", "none", "balanced"),
        tasks=_CLASSES + _PIXELS,
        by_task=_for_shapes(helped="recipe.class_weights.help.shapes"),
    )
    loss: str = _f(
        "loss",
        "choice",
        "auto",
        choices=("auto", "ce", "dice_ce", "focal", "dice_focal"),
        tasks=_PIXELS,
    )
    patch: int = _f("patch", "int", 0, unit="px", least=-1, most=4096, auto=0, tasks=_PIXELS)
    tile: int = _f("tile", "int", 0, unit="px", least=-1, most=4096, auto=0, tasks=_BOXES)
    overlap: float = _f("overlap", "float", 0.25, least=0.0, most=0.9, tasks=_BOXES + _PIXELS)
    flips: bool = _f("flips", "bool", False, tasks=_PIXELS)
    anchors: str = _f(
        "anchors",
        "choice",
        "auto",
        choices=("auto", "standard"),
        tasks=_BOXES,
        idle=("yolo", "fcos"),
    )
    freeze_batch_norm: str = _f(
        "freeze_batch_norm", "choice", "auto", choices=("auto", "yes", "no"), tasks=_LABELLED
    )
    patience: int = _f(
        "patience",
        "int",
        5,
        unit="epochs",
        least=1,
        most=1000,
        by_task=_for_shapes(default=15, helped="recipe.patience.help.shapes")
        | _for_style(default=15),
    )
    min_steps: int = _f(
        "min_steps",
        "int",
        150,
        unit="steps",
        least=0,
        most=1_000_000,
        tasks=_LABELLED,
        by_task=_for_shapes(default=0),
    )
    mixed_precision: str = _f(
        "mixed_precision", "choice", "auto", choices=("auto", "off"), tasks=_LABELLED
    )

    @classmethod
    def fields(cls, task: Task = Task.CLASSIFICATION) -> tuple[Field, ...]:
        """The fields of a task, in the order of the form."""
        return tuple(
            replace(found, **each.metadata["by_task"].get(task, {}))
            for each in fields(cls)
            if not (found := each.metadata["field"]).tasks or task in found.tasks
        )

    @classmethod
    def read(cls, settings: Mapping[str, object], task: Task = Task.CLASSIFICATION) -> Recipe:
        """A recipe from names and texts or values, with the task's defaults for the rest.

        UserError: recipe.unknown, recipe.other_task (a setting that this task does not have),
        recipe.value, window.order.
        """
        table = {f.name: f for f in cls.fields(task)}
        others = {f.metadata["field"].name: f.metadata["field"].tasks for f in fields(cls)}
        for name in settings:
            if name not in table and name in others:
                tasks = ", ".join(others[name])
                raise UserError("recipe.other_task", field=name, task=task.value, tasks=tasks)
            if name not in table:
                raise UserError("recipe.unknown", field=name, known=", ".join(table))
        given = {name: table[name].read(value) for name, value in settings.items()}
        made = cls(**{**{name: each.default for name, each in table.items()}, **given})
        made.seen_through()
        return made

    @property
    def mirrored(self) -> bool:
        """Whether images are shown mirrored too; for a recipe whose `mirror` is settled."""
        return self.mirror != "no"

    def seen_through(self) -> Window:
        """Which raw values are black and white; UserError("window.order")."""
        return Window.chosen(self.window, self.window_low, self.window_high)

    def to_json(self, task: Task = Task.CLASSIFICATION) -> dict[str, Any]:
        """The settings of a task by name; `read` gives the recipe again."""
        return {each.name: getattr(self, each.name) for each in self.fields(task)}
