"""The chips above the grid: which images are shown, and why."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QMenu, QPushButton, QWidget

from tlstudio.domain.changes import Changes
from tlstudio.domain.images import ImageQuery
from tlstudio.ui.icons import set_icon
from tlstudio.ui.lazy import service
from tlstudio.ui.pages.images.filter_choices import (
    FACETS_OF,
    MORE,
    SHOWN,
    choices,
    joined,
    size_words,
    titles,
    values_of,
)
from tlstudio.ui.pages.images.saved_filters import SavedFilters
from tlstudio.ui.pages.images.size_popup import SizePopup
from tlstudio.ui.widgets.basics import box, button, label, named, row
from tlstudio.ui.widgets.choices import ChoicePopup
from tlstudio.ui.widgets.flow import FlowLayout
from tlstudio.ui.words import count, tr

if TYPE_CHECKING:
    from tlstudio.ui.context import Context


class FilterBar(QWidget):
    """`changed` is sent with the new ImageQuery."""

    changed = Signal(object)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("filterBar")
        self._context = context
        self._query = ImageQuery()
        self._before_merges: tuple[frozenset[int], ...] = ()  # labels looked for, the last one last
        self._facets: dict[str, Any] = {}
        self._stale = False
        self._titles = titles()
        self._popups: dict[str, ChoicePopup | SizePopup] = {}
        self._chips = {name: self._chip(name) for name in (*SHOWN, *MORE)}
        self._more = button(
            tr("More"), "filter_more", self._open_more, role="chip", icon="plus",
            tip=tr("More filters"), says=tr("More filters"),
        )  # fmt: skip
        self.saved = SavedFilters(context)
        self.saved.wanted.connect(self.set_query)
        self._text = self._closable("filter_text", lambda: self._set("text", ""))
        self._ids = self._closable("filter_ids", lambda: self._set("ids", None))
        self._missing = self._closable("filter_missing", lambda: self._set("missing", None))
        self._clear = button(tr("Clear all"), "filter_clear", self.clear, role="link")
        self._count = label(role="dim", name="imageCount")
        flow = FlowLayout(gap=8)
        for chip in (*self._chips.values(), self._text, self._ids, self._missing, self._more,
                     self.saved, self._clear):  # fmt: skip
            flow.addWidget(chip)
        inside = row(box(flow), self._count, gap=12)
        inside.setStretch(0, 1)
        inside.setAlignment(self._count, Qt.AlignmentFlag.AlignTop)
        self._count.setMinimumHeight(28)
        self.setLayout(inside)
        self._project = context.project
        self._known: frozenset[int] = frozenset()
        context.labels.changed.connect(self._labels_changed)
        self._show()

    @property
    def query(self) -> ImageQuery:
        return self._query

    def set_query(self, query: ImageQuery) -> None:
        """Show `query` in the chips and ask for it."""
        if query.labels != self._query.labels:
            self._before_merges = ()
        self._query = query
        self._show()
        self.changed.emit(query)

    def clear(self) -> None:
        self.set_query(ImageQuery(sort=self._query.sort, descending=self._query.descending))

    def show_label(self, label_id: int) -> None:
        """Show the images of one label, among those that the other filters leave."""
        self._set("labels", frozenset({label_id}))

    def narrowed(self) -> bool:
        """Whether any chip leaves images out."""
        bare = ImageQuery(sort=self._query.sort, descending=self._query.descending)
        return self._query != bare

    def show_count(self, shown: int, total: int) -> None:
        if self.narrowed():
            self._count.setText(
                count(total, "{shown} of {n} image", "{shown} of {n} images", shown=f"{shown:,}")
            )
        else:
            self._count.setText(count(shown, "1 image", "{n} images"))

    def refresh(self) -> None:
        """Read anew what the chips offer, and the saved filters."""
        self.saved.reload()
        self._ask(None)

    def follow(self, changes: Changes) -> None:
        """Numbers are counted again when a chip is opened, not after each edit. A label that was
        merged into another is looked for as that one, until the merge is taken back."""
        self._stale = True
        became, earlier = dict(changes.merged), self._before_merges
        labels = self._query.labels
        if labels & became.keys():
            self._set("labels", frozenset(became.get(made, made) for made in labels))
            self._before_merges = (*earlier, labels)
        elif earlier and self._taken_back(changes, earlier[-1] - labels):
            self._set("labels", earlier[-1])
            self._before_merges = earlier[:-1]

    def _taken_back(self, changes: Changes, gone: frozenset[int]) -> bool:
        """Whether a merge was undone in which the labels `gone` went."""
        undone = changes.undo_code == "undo.merge_labels" and not changes.merged
        return undone and gone <= changes.labels

    def _labels_changed(self) -> None:
        """Labels that come or go can change what the saved filters look for."""
        known = frozenset(made.id for made in self._context.labels.all())
        if known != self._known and self._context.project is self._project:
            self._known = known
            self.saved.reload()
        self._show()

    def set_facets(self, facets: dict[str, Any]) -> None:
        """What services.images.facets told: choices and their numbers."""
        self._facets = {**self._facets, **facets}
        for name, popup in self._popups.items():
            if popup.isVisible() and isinstance(popup, ChoicePopup):
                self._fill(name, popup)
        self._show()

    def _ask(self, names: tuple[str, ...] | None) -> None:
        self._context.ops.run(
            service("images", "facets"),
            self._context.project,
            names,
            on_done=self.set_facets,
            key=("images.facets", names),
        )

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

    def _popup(self, name: str) -> ChoicePopup | SizePopup:
        if name not in self._popups:
            made: ChoicePopup | SizePopup
            if name == "size":
                made = SizePopup(self)
                made.changed.connect(lambda limits: self.set_query(replace(self._query, **limits)))
            else:
                made = ChoicePopup(f"filter_{name}_popup", self._titles[name], self)
                made.changed.connect(partial(self._set, name))
            self._popups[name] = made
        return self._popups[name]

    def _open(self, name: str) -> None:
        self._show()
        chip, popup = self._chips[name], self._popup(name)
        chip.show()
        if isinstance(popup, SizePopup):
            popup.fill(self._query)
        else:
            self._fill(name, popup)
            if self._stale:
                self._ask(FACETS_OF.get(name, (name,)))
        self.layout().activate()
        popup.open_below(chip)

    def _fill(self, name: str, popup: ChoicePopup) -> None:
        offered = choices(name, self._facets, self._context.labels)
        popup.fill(offered, values_of(self._query, name))

    def _open_more(self) -> None:
        menu = named(QMenu(self), "filter_more_menu", tr("More filters"))
        for name in MORE:
            action = menu.addAction(self._titles[name])
            action.setObjectName(f"filter_more_{name}")
            action.triggered.connect(partial(self._open, name))
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self._more.mapToGlobal(QPoint(0, self._more.height() + 4)))

    def _set(self, name: str, values: Any) -> None:
        if name in ("commented", "burned_in", "synthetic"):
            values = next(iter(values)) if len(values) == 1 else None
        self.set_query(replace(self._query, **{name: values}))

    def _show(self) -> None:
        query = self._query
        for name, chip in self._chips.items():
            words = size_words(query) if name == "size" else self._words(name)
            popup = self._popups.get(name)
            chip.setChecked(bool(words))
            text = f"{self._titles[name]}: {words}" if words else self._titles[name]
            chip.setText(chip.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, 280))
            chip.setToolTip(words)
            opened = popup is not None and popup.isVisible()
            chip.setVisible(name in SHOWN or bool(words) or opened)
        self._show_closable(self._text, bool(query.text), tr("“{text}”", text=query.text))
        chosen = count(len(query.ids or ()), "1 picked image", "{n} picked images")
        self._show_closable(self._ids, query.ids is not None, chosen)
        missing = tr("missing files") if query.missing else tr("files that are there")
        self._show_closable(self._missing, query.missing is not None, missing)
        self._clear.setVisible(self.narrowed())
        self.saved.show_query(query)

    def _show_closable(self, chip: QPushButton, on: bool, text: str) -> None:
        chip.setVisible(on)
        chip.setChecked(True)
        chip.setText(chip.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, 160))
        set_icon(chip, "close", "dim", side=12)
        chip.setAccessibleName(tr("Remove the filter {what}", what=text))

    def _words(self, name: str) -> str:
        values = values_of(self._query, name)
        if not values:
            return ""
        offered = choices(name, self._facets, self._context.labels)
        table = {choice.value: choice.text for choice in offered}
        gone = tr("a label that is gone")
        return joined(
            table.get(value, gone if name == "labels" else str(value))
            for value in sorted(values, key=str)
        )
