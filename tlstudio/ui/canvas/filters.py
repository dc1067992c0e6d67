"""Which shapes are drawn and how: nothing here touches the data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tlstudio.domain.annotations import Annotation

if TYPE_CHECKING:
    from tlstudio.ui.canvas.scene import Scene

SUGGESTIONS = "suggestion"
SOURCES = ("person", "import", "model", SUGGESTIONS)
OPACITY = 0.35


def source_of(shape: Annotation) -> str:
    """Where a shape comes from, as one of SOURCES: suggestions nobody accepted are a source."""
    if shape.provenance.suggestion:
        return SUGGESTIONS
    return str(shape.provenance.source.value)


class Filters:
    """What is drawn: all that is neither hidden nor outside a filter. `mask` says so by slot."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.hidden: frozenset[str] = frozenset()
        self.hide_all = False
        self.label_filter: frozenset[int] | None = None
        self.source_filter: frozenset[str] | None = None
        self.show_suggestions = True
        self.opacity = OPACITY
        self.outline_only = False
        self.tags = "auto"
        self._mask: NDArray[np.bool_] | None = None

    def set_hidden(self, ids: Iterable[str]) -> None:
        """Hide exactly these shapes."""
        self.hidden = frozenset(ids)
        self._again()

    def set_hide_all(self, on: bool) -> None:
        """Hide all shapes, or show those that are not hidden by themselves."""
        self.hide_all = on
        self._again()

    def set_labels(self, labels: Iterable[int] | None) -> None:
        """Draw only shapes with one of these labels; None: any."""
        self.label_filter = None if labels is None else frozenset(labels)
        self._again()

    def set_sources(self, sources: Iterable[str] | None) -> None:
        """Draw only shapes from these SOURCES; None: any."""
        self.source_filter = None if sources is None else frozenset(sources)
        self._again()

    def set_show_suggestions(self, on: bool) -> None:
        self.show_suggestions = on
        self._again()

    def set_opacity(self, opacity: float) -> None:
        """How strongly masks are filled, from 0 to 1; boxes and polygons with its square."""
        self.opacity = min(1.0, max(0.0, opacity))
        self._scene.restyle()

    def set_outline_only(self, on: bool) -> None:
        self.outline_only = on
        self._scene.restyle()

    def set_tags(self, when: str) -> None:
        """Name tags: "auto" on hovered and selected shapes, "always", or "never"."""
        self.tags = when
        self._scene.restyle()

    @property
    def fill(self) -> float:
        """The opacity that is in force."""
        return 0.0 if self.outline_only else self.opacity

    @property
    def mask(self) -> NDArray[np.bool_]:
        """By slot: whether the shape is drawn."""
        packed = self._scene.packed
        if self._mask is None or len(self._mask) != packed.size:
            self._mask = self._made()
        return self._mask

    def shapes_changed(self) -> None:
        """Shapes came or went."""
        self._mask = None

    def _again(self) -> None:
        self._mask = None
        self._scene.restyle()

    def _made(self) -> NDArray[np.bool_]:
        scene, packed = self._scene, self._scene.packed
        shown = packed.alive[: packed.size].copy()
        if self.hide_all:
            shown[:] = False
            return shown
        if self.label_filter is not None:
            shown &= np.isin(packed.label[: packed.size], list(self.label_filter))
        for key in self.hidden:
            if key in packed.slots:
                shown[packed.slots[key]] = False
        if self.source_filter is not None or not self.show_suggestions:
            for key, slot in packed.slots.items():
                shape = scene.get(key)
                shown[slot] &= shape is not None and self._source_shown(shape)
        return shown

    def _source_shown(self, shape: Annotation) -> bool:
        source = source_of(shape)
        if source == SUGGESTIONS and not self.show_suggestions:
            return False
        return self.source_filter is None or source in self.source_filter
