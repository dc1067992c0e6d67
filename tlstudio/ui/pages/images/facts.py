"""Facts of the selection at the right, and what can be said of it: label, split, group, tags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QCompleter, QLabel, QLineEdit, QWidget

from tlstudio.domain.images import ImageRow, ImageState, Split
from tlstudio.ui.pages import built
from tlstudio.ui.pages.images.facts_labels import LabelChoices
from tlstudio.ui.pages.images.look import fitted, state_word
from tlstudio.ui.widgets.basics import (
    Segments,
    box,
    button,
    clear,
    column,
    disable,
    field,
    label,
    line,
    row,
)
from tlstudio.ui.words import breakable, count, tr

if TYPE_CHECKING:
    from tlstudio.ui.context import Context

_PREVIEW = 256
_STATES = (ImageState.DRAFT, ImageState.LABELLED, ImageState.REVIEWED, ImageState.DISPUTED)


class Facts(QWidget):
    """Signals carry what the person wants for all selected images."""

    label_wanted = Signal(int)
    label_unwanted = Signal(int)
    split_wanted = Signal(object)
    group_wanted = Signal(str)
    state_wanted = Signal(str)
    tag_added = Signal(str)
    tag_removed = Signal(str)
    accept_wanted = Signal()
    reject_wanted = Signal()
    remove_wanted = Signal()
    folder_wanted = Signal()
    file_wanted = Signal()
    open_wanted = Signal()
    person_wanted = Signal(str)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("facts")
        self._context = context
        self._rows: Sequence[ImageRow] = ()
        self._ids: Sequence[int] = ()
        self._labelled_elsewhere = any(spec.key == "label" for spec in built())
        self._title = label(name="factsTitle", role="heading", wrap=True)
        self._title.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._picture = QLabel()
        self._picture.setObjectName("factsPicture")
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._facts = label(role="dim", name="factsText", wrap=True)
        self._facts.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._hint = self._build_hint()
        self._labels = LabelChoices(context)
        self._labels.wanted.connect(self.label_wanted)
        self._labels.unwanted.connect(self.label_unwanted)
        self._split = Segments(
            "splitChoice",
            tr("Split"),
            (("train", tr("train")), ("val", tr("val")), ("test", tr("test")), ("", tr("none"))),
            lambda value: self.split_wanted.emit(Split(value) if value else None),
        )
        self._state = Segments(
            "stateChoice",
            tr("State"),
            [(s.value, state_word(s)) for s in _STATES],
            self.state_wanted.emit,
        )
        self._group = field("groupField", tr("Group"), hint=tr("Patient, slide, video"))
        self._group.editingFinished.connect(self._group_edited)
        self._person = field("personField", tr("Given to"), hint=tr("Nobody"))
        self._person.editingFinished.connect(self._person_edited)
        self._tags = column(gap=4)
        self._tag = field("tagField", tr("Add a tag"), hint=tr("Add a tag"))
        self._tag.returnPressed.connect(self._tag_entered)
        self._remove = button(
            tr("Take out of the project"), "removeImages", self.remove_wanted.emit,
            icon="trash", role="danger",
            tip=tr("The files stay; Undo brings the images back"),
        )  # fmt: skip
        self._open = button(
            tr("Open in Label"), "openLabel", self.open_wanted.emit, icon="edit",
            tip=tr("Draw on the image (Enter or double click)"),
        )  # fmt: skip
        self._files = box(
            row(
                button(tr("Open the file"), "openFile", self.file_wanted.emit, icon="image"),
                button(tr("Show the file"), "showFile", self.folder_wanted.emit, icon="folder"),
                None,
            )
        )
        self._body = box(
            column(
                self._picture,
                self._title,
                self._facts,
                self._open,
                self._hint,
                line(),
                label(tr("Label"), "dim"),
                self._labels,
                line(),
                label(tr("Split"), "dim"),
                self._split,
                label(tr("Group"), "dim"),
                self._group,
                label(tr("State"), "dim"),
                self._state,
                label(tr("Given to"), "dim"),
                self._person,
                label(tr("Tags"), "dim"),
                self._tags,
                self._tag,
                line(),
                self._files,
                self._remove,
                None,
                gap=8,
            )
        )
        self._nothing = label(
            tr(
                "Nothing is selected. Click an image, or drag over several; keys 1 to 9 give it"
                " a label at once."
            ),
            "dim",
            "factsNothing",
            wrap=True,
        )
        self.setLayout(column(self._nothing, self._body, None))
        self.layout().setContentsMargins(16, 12, 16, 16)
        self.show_nothing()

    def _build_hint(self) -> QWidget:
        self._suggestion = label(name="suggestionText", wrap=True)
        accept = button(
            tr("Accept"), "acceptSuggestion", self.accept_wanted.emit, icon="check",
            tip=tr("Accept the suggestion (Enter)"),
        )  # fmt: skip
        reject = button(
            tr("Reject"), "rejectSuggestion", self.reject_wanted.emit,
            tip=tr("Drop the suggestion (Esc)"),
        )  # fmt: skip
        made = box(column(self._suggestion, row(accept, reject, None), gap=8))
        made.hide()
        return made

    # -- showing --------------------------------------------------------------------------

    def show_nothing(self) -> None:
        self._ids, self._rows = (), ()
        self._nothing.show()
        self._body.hide()

    def show_rows(
        self, ids: Sequence[int], rows: Sequence[ImageRow], picture: QPixmap | None
    ) -> None:
        """`ids` are all that is selected, `rows` those of them that are known."""
        if not ids:
            self.show_nothing()
            return
        self._ids, self._rows = ids, rows
        self._nothing.hide()
        self._body.show()
        one = rows[0] if len(ids) == 1 and rows else None
        self._picture.setVisible(one is not None)
        if one is not None:
            self._show_one(one, picture)
        else:
            self._title.setText(count(len(ids), "1 image", "{n} images"))
            self._facts.setText(tr("What you choose below holds for all of them."))
        self._files.setVisible(one is not None)
        self._open.setVisible(one is not None and self._labelled_elsewhere)
        self._show_common(rows, complete=len(rows) == len(ids))
        self._show_lock()

    def _show_one(self, row_: ImageRow, picture: QPixmap | None) -> None:
        if picture is not None:
            self._picture.setPixmap(fitted(picture, _PREVIEW))
        else:
            self._picture.clear()
        self._title.setText(breakable(row_.name))
        lines = [f"{row_.width} × {row_.height} px", breakable(row_.path)]
        if row_.shapes:
            lines.insert(1, count(row_.shapes, "1 shape", "{n} shapes"))
        if row_.burned_in:
            lines.append(tr("May hold burned-in text: look before you share it"))
        if row_.synthetic:
            lines.append(tr("Made here from another picture: never in validation or test"))
        if row_.missing:
            lines.append(tr("The file is missing; see Problems"))
        self._facts.setText("\n".join(lines))

    def _show_common(self, rows: Sequence[ImageRow], *, complete: bool) -> None:
        self._labels.show_rows(rows if complete else ())
        splits = {r.split.value if r.split else "" for r in rows}
        self._split.set_value(splits.pop() if len(splits) == 1 and complete else None)
        states = {r.state.value for r in rows}
        self._state.set_value(states.pop() if len(states) == 1 and complete else None)
        groups = {r.group or "" for r in rows}
        self._show_name(self._group, groups, complete, tr("Patient, slide, video"))
        people = {r.assignee or "" for r in rows}
        self._show_name(self._person, people, complete, tr("Nobody"))
        self._show_tags(rows)
        hints = [r for r in rows if r.suggested]
        self._hint.setVisible(bool(hints))
        if hints:
            known = map(self._context.labels.get, hints[0].suggested)
            name = ", ".join(made.name for made in known if made is not None)
            self._suggestion.setText(
                tr("A model suggests {name}", name=name)
                if len(self._ids) == 1
                else count(len(hints), "1 suggestion", "{n} suggestions")
            )

    def _show_name(self, field: QLineEdit, names: set[str], complete: bool, hint: str) -> None:
        """The one name of all, unless it is being typed over."""
        same = len(names) == 1 and complete
        if not field.hasFocus() or not field.isModified():
            field.setText(next(iter(names)) if same else "")
            field.setModified(False)
        field.setPlaceholderText(hint if same else tr("several"))

    def _show_tags(self, rows: Sequence[ImageRow]) -> None:
        clear(self._tags)
        for tag in sorted({tag for r in rows for tag in r.tags}):
            remove = button(tr("Remove"), f"tagRemove_{tag}", role="link",
                            says=tr("Remove the tag {tag}", tag=tag))  # fmt: skip
            remove.clicked.connect(lambda _on=False, t=tag: self.tag_removed.emit(t))
            self._tags.addLayout(row(label(tag), None, remove))

    def _show_lock(self) -> None:
        reason = self._context.locked_reason()
        for widget in (
            self._split,
            self._state,
            self._group,
            self._person,
            self._tag,
            self._remove,
        ):
            disable(widget, reason)

    def set_names(self, names: Mapping[str, Sequence[str]]) -> None:
        """Names to complete: groups, tags, people."""
        for kind, shown, chosen in (
            ("groups", self._group, self.group_wanted),
            ("tags", self._tag, self.tag_added),
            ("people", self._person, self.person_wanted),
        ):
            completer = QCompleter(list(names.get(kind, ())), shown)  # goes with the next
            completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
            completer.setFilterMode(Qt.MatchFlag.MatchContains)
            completer.activated[str].connect(chosen)
            if kind == "tags":
                later = Qt.ConnectionType.QueuedConnection
                completer.activated[str].connect(shown.clear, later)
            shown.setCompleter(completer)

    def ask_name(self, kind: str) -> None:
        """Bring the cursor into the field for a group, a tag or a person."""
        shown = {"groups": self._group, "tags": self._tag, "people": self._person}[kind]
        shown.setFocus()
        shown.selectAll()

    # -- fields ---------------------------------------------------------------------------

    def _group_edited(self) -> None:
        if self._group.isModified() and self._ids:
            self._group.setModified(False)
            self.group_wanted.emit(self._group.text().strip())

    def _person_edited(self) -> None:
        if self._person.isModified() and self._ids:
            self._person.setModified(False)
            self.person_wanted.emit(self._person.text().strip())

    def _tag_entered(self) -> None:
        text = self._tag.text().strip()
        if text and self._ids:
            self._tag.clear()
            self.tag_added.emit(text)
