"""Which raw values of an image are black and which are white to a model: a recorded choice."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tlstudio.domain.errors import UserError

KINDS = ("auto", "file", "percentiles", "full", "fixed")


@dataclass(frozen=True, slots=True)
class Window:
    """The raw values that become 0 and 1.

    `kind` is one of KINDS. auto: an image of 8 bits a channel as it is; a deep one by the window
    that its file states, else by its own percentiles. file: the window that the file states for
    any image, else as auto. percentiles: .5 and 99.5 of the image's own values. full: all that
    its bits can hold; for floating point the smallest and largest finite value of the image.
    fixed: `low` to `high`, in the raw values of the file, the same for every image.

    `low` and `high` are given with fixed and only there. UserError: window.kind, window.order.
    """

    kind: str = "auto"
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UserError("window.kind", kind=self.kind, lawful=", ".join(KINDS))
        if self.kind != "fixed":
            if self.low is not None or self.high is not None:
                raise ValueError("only a fixed window has limits of its own")
            return
        low, high = self.low, self.high
        if low is None or high is None or not (math.isfinite(high - low) and low < high):
            raise UserError("window.order", low=_shown(low), high=_shown(high))

    @classmethod
    def chosen(cls, kind: str, low: float, high: float) -> Window:
        """The window of a form's three fields; limits count for fixed alone."""
        return cls(kind, float(low), float(high)) if kind == "fixed" else cls(kind)

    @property
    def key(self) -> str:
        """Names the window in file names and hashes."""
        return self.kind if self.kind != "fixed" else f"fixed:{self.low!r}:{self.high!r}"

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "low": self.low, "high": self.high}

    @classmethod
    def from_json(cls, table: Mapping[str, Any] | None) -> Window:
        """What `to_json` gave; auto for None, as of runs older than the choice."""
        if not table:
            return cls()
        return cls(str(table["kind"]), table.get("low"), table.get("high"))


AUTO = Window()


def _shown(value: float | None) -> str:
    return "nothing" if value is None else f"{value:g}"
