"""The chips above the grid: which images are shown, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QWidget

from tlstudio.domain.images import ImageQuery, ImageState, Split
from tlstudio.ui.icons import set_icon
from tlstudio.ui.lazy import service
from tlstudio.ui.pages.images.look import chip_icon, split_word, state_word
from tlstudio.ui.widgets.basics import button, label, row
from tlstudio.ui.widgets.choices import Choice, ChoicePopup
from tlstudio.ui.words import count, tr

if TYPE_CHECKING:
    from tlstudio.ui.context import Context

_FIELDS = ("labels", "states", "splits", "groups", "tags")


class FilterBar(QWidget):
    """`changed` is sent with the new ImageQuery."""

    changed = Signal(object)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("filterBar")
        self._context = context
        self._query = ImageQuery()
        self._facets: dict[str, Any] = {}
        self._titles = {
            "labels": tr("Label"),
            "states": tr("State"),
            "splits": tr("Split"),
            "groups": tr("Group"),
            "tags": tr("Tag"),
        }
        self._chips: dict[str, QPushButton] = {}
        self._popups: dict[str, ChoicePopup] = {}
        for name in _FIELDS:
            self._chips[name] = self._chip(name)
            popup = ChoicePopup(f"filter_{name}_popup", self._titles[name], self)
            popup.changed.connect(lambda values, n=name: self._set(n, values))
            self._popups[name] = popup
        self._text = self._closable("filter_text", lambda: self._set("text", ""))
        self._ids = self._closable("filter_ids", lambda: self._set("ids", None))
        self._missing = self._closable("filter_missing", lambda: self._set("missing", None))
        self._clear = button(tr("Clear all"), "filter_clear", self.clear, role="link")
        self._count = label(role="dim", name="imageCount")
        inside = row(
            *self._chips.values(),
            self._text,
            self._ids,
            self._missing,
            self._clear,
            None,
            self._count,
        )
        self.setLayout(inside)
        self._show()

    @property
    def query(self) -> ImageQuery:
        return self._query

    def set_query(self, query: ImageQuery) -> None:
        """Show `query` in the chips and ask for it."""
        self._query = query
        self._show()
        self.changed.emit(query)

    def clear(self) -> None:
        self.set_query(ImageQuery(sort=self._query.sort, descending=self._query.descending))

    def narrowed(self) -> bool:
        """Whether any chip leaves images out."""
        bare = ImageQuery(sort=self._query.sort, descending=self._query.descending)
        return self._query != bare

    def show_count(self, shown: int, total: int) -> None:
        if self.narrowed():
            self._count.setText(tr("{n} of {all} images", n=f"{shown:,}", all=f"{total:,}"))
        else:
            self._count.setText(count(shown, "1 image", "{n} images"))

    def set_facets(self, facets: dict[str, Any]) -> None:
        """What services.images.facets told: choices and their numbers."""
        self._facets = facets
        self._show()

    # -- chips ----------------------------------------------------------------------------

    def _chip(self, name: str) -> QPushButton:
        title = self._titles[name]
        made = button(title, f"filter_{name}", role="chip", says=tr("Filter: {what}", what=title))
        made.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        set_icon(made, "chevron-down", "dim", side=12)
        made.setCheckable(True)
        made.clicked.connect(lambda: self._open(name))
        return made

    def _closable(self, name: str, act: Any) -> QPushButton:
        made = button("", name, act, role="chip", icon="close", says=tr("Remove this filter"))
        made.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        made.setCheckable(True)
        made.setChecked(True)
        made.hide()
        return made

    def _open(self, name: str) -> None:
        self._show()
        self._popups[name].fill(self._choices(name), getattr(self._query, name))
        self._popups[name].open_below(self._chips[name])

    def _set(self, name: str, values: object) -> None:
        self.set_query(replace(self._query, **{name: values}))

    def _choices(self, name: str) -> Sequence[Choice]:
        numbers: dict[Any, int] = self._facets.get(name, {})
        if name == "labels":
            made = [
                Choice(item.id, item.name, numbers.get(item.id, 0), chip_icon(item.colour))
                for item in self._context.labels.all()
            ]
            return [Choice(0, tr("No label"), self._facets.get("unlabelled")), *made]
        if name == "states":
            return [Choice(s.value, state_word(s), numbers.get(s.value, 0)) for s in ImageState]
        if name == "splits":
            made = [Choice(s.value, split_word(s), numbers.get(s.value, 0)) for s in Split]
            return [*made, Choice("", tr("none"), numbers.get("", 0))]
        made = [Choice(value, str(value), n) for value, n in numbers.items() if value]
        if name == "groups":
            made.insert(0, Choice("", tr("No group"), numbers.get("")))
        return made

    def _show(self) -> None:
        for name, chip in self._chips.items():
            values = getattr(self._query, name)
            words = self._words(name, values) if values else ""
            chip.setChecked(bool(values))
            chip.setText(f"{self._titles[name]}: {words}" if words else self._titles[name])
            chip.setToolTip(words)
        query = self._query
        self._show_closable(self._text, bool(query.text), tr("“{text}”", text=query.text))
        chosen = count(len(query.ids or ()), "1 picked image", "{n} picked images")
        self._show_closable(self._ids, query.ids is not None, chosen)
        missing = tr("missing files") if query.missing else tr("files that are there")
        self._show_closable(self._missing, query.missing is not None, missing)
        self._clear.setVisible(self.narrowed())

    def _show_closable(self, chip: QPushButton, on: bool, text: str) -> None:
        chip.setVisible(on)
        chip.setChecked(True)
        chip.setText(chip.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, 160))
        set_icon(chip, "close", "dim", side=12)
        chip.setAccessibleName(tr("Remove the filter {what}", what=text))

    def _words(self, name: str, values: frozenset[object]) -> str:
        table = {choice.value: choice.text for choice in self._choices(name)}
        words = [table.get(value, str(value)) for value in sorted(values, key=str)]
        if len(words) > 2:
            return tr("{n} chosen", n=len(words))
        return ", ".join(words)

    def refresh(self) -> None:
        """Count again what the chips offer."""
        self._context.ops.run(
            service("images", "facets"),
            self._context.project,
            on_done=self.set_facets,
            key="images.facets",
        )
