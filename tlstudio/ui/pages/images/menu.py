"""The menu of the selected images: everything that can be done to them, by mouse or by keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QMenu

from tlstudio.domain.images import ImageRow, ImageState, Split
from tlstudio.domain.styling import MOST_SOURCES
from tlstudio.ui.icons import icon
from tlstudio.ui.keymap import keymap
from tlstudio.ui.pages.images.look import chip_icon, split_word, state_word
from tlstudio.ui.widgets.basics import named
from tlstudio.ui.words import count, tr

if TYPE_CHECKING:
    from tlstudio.ui.pages.images.actions import Names
    from tlstudio.ui.pages.images.page import ImagesPage

Act = Callable[[], object]
_MOST_NAMES = 15


def open_menu(page: ImagesPage, at: QPoint, names: Names) -> None:
    """Show the menu for what is selected on the page at a place on the screen."""
    if page.model.selected_ids():
        page.facts.set_names(names)
        menu = SelectionMenu(page, names)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(at)


class SelectionMenu(QMenu):
    """`names` are the groups, tags and people to choose from."""

    def __init__(self, page: ImagesPage, names: Names) -> None:
        super().__init__(page)
        named(self, "selectionMenu", tr("What to do with the selected images"))
        actions, ask = page.actions, page.ask_name
        chosen, rows = page.model.selected_ids(), page.chosen_rows()
        self._context = page.actions.context
        self._do = actions
        self._rows = rows if len(rows) == len(chosen) else ()
        self._locked = self._context.locked_reason()
        one = rows[0] if len(chosen) == 1 and rows else None
        head = one.name if one else count(len(chosen), "1 image", "{n} images")
        self.addAction(head.replace("&", "&&")).setEnabled(False)
        self.addSeparator()
        if one is not None:
            self._item(self, "open", tr("&Open in Label"), partial(actions.open, one.id),
                       keys="images.open", edits=False)  # fmt: skip
            self._item(self, "file", tr("Open the &file"), actions.open_file, edits=False)
            self._item(self, "folder", tr("S&how the file"), actions.show_file, edits=False)
            self.addSeparator()
        if any(row.suggested for row in rows):
            for word, text in (("accept", tr("&Accept the suggestions")),
                               ("reject", tr("&Reject the suggestions"))):  # fmt: skip
                act = partial(actions.edit, f"{word}_suggestions")
                self._item(self, word, text, act, keys=f"images.{word}")
            self.addSeparator()
        self._looks(chosen)
        self._labels()
        self._states()
        self._splits()
        self._named("groups", tr("&Group"), names["groups"], self._all(lambda r: (r.group,)),
                    lambda name: actions.edit("set_group", name), tr("No group"), ask)  # fmt: skip
        self._tags(names["tags"], ask)
        self._named("people", tr("Give &to"), names["people"], self._all(lambda r: (r.assignee,)),
                    lambda name: actions.give_to(name or ""), tr("Nobody"), ask)  # fmt: skip
        self.addSeparator()
        away = partial(actions.edit, "delete_images")
        self._item(self, "remove", tr("Take out of the pro&ject"), away, sign=icon("trash"))

    def _item(
        self,
        menu: QMenu,
        name: str,
        text: str,
        act: Act,
        *,
        keys: str = "",
        sign: QIcon | None = None,
        on: bool | None = None,
        edits: bool = True,
    ) -> None:
        """One line of `menu`; `on` ticks it, `keys` is the command whose keys it shows."""
        shown = keymap().text(keys) if keys else ""
        action = menu.addAction(f"{text}\t{shown}" if shown else text)
        action.setObjectName(f"menu_{name}")
        action.triggered.connect(lambda _on=False: act())
        action.setEnabled(not (edits and self._locked))
        if sign is not None:
            action.setIcon(sign)
        if on is not None:
            action.setCheckable(True)
            action.setChecked(on)

    def _below(self, name: str, text: str) -> QMenu:
        menu = self.addMenu(text)
        named(menu, f"menu_{name}", text.replace("&", ""))
        menu.setToolTipsVisible(True)
        return menu

    def _all(self, of: Callable[[ImageRow], Iterable[object]]) -> set[object]:
        """What all of the images have in common."""
        sets = [set(of(row)) for row in self._rows]
        return set.intersection(*sets) if sets else set()

    def _labels(self) -> None:
        given = self._all(lambda row: row.labels)
        for name, text, add in (
            ("label", tr("&Label"), False),
            ("addLabel", tr("La&bel beside others"), True),
        ):
            menu = self._below(name, text)
            command = "images.add" if add else "images.pick"
            for number, made in enumerate(self._context.labels.all(), 1):
                self._item(
                    menu, f"{name}_{made.id}", made.name.replace("&", "&&"),
                    partial(self._do.assign, made.id, add=add),
                    sign=chip_icon(made.colour, made.id),
                    keys=f"{command}.{number}" if number < 10 else "", on=made.id in given,
                )  # fmt: skip
            if not add:
                menu.addSeparator()
                self._item(menu, "unlabel", tr("No label"), partial(self._do.assign, None),
                           keys="images.unlabel")  # fmt: skip

    def _looks(self, chosen: Sequence[int]) -> None:
        """What the Style page can do with the images."""
        menu, go = self._below("style", tr("St&yle")), self._context.go_to
        content = partial(go, "style", tab="style", content=chosen[0])
        self._item(menu, "style_content", tr("Use as &content"), content, edits=False)
        menu.actions()[-1].setEnabled(len(chosen) == 1)
        styles = partial(go, "style", tab="style", styles=chosen[:MOST_SOURCES])
        self._item(menu, "style_styles", tr("Use as &style"), styles, edits=False)
        many = partial(go, "style", tab="style", many=chosen)
        self._item(menu, "style_many", tr("Apply a st&ylizer…"), many, edits=False)
        match = partial(go, "style", tab="match", images=chosen)
        self._item(menu, "style_match", tr("&Match to another site…"), match, edits=False)
        self.addSeparator()

    def _states(self) -> None:
        menu, now = self._below("state", tr("&State")), self._all(lambda row: (row.state,))
        for state in ImageState:
            act = partial(self._do.edit, "set_state", state)
            keys = "images.review" if state is ImageState.REVIEWED else ""
            self._item(menu, f"state_{state}", state_word(state), act, keys=keys, on=state in now)

    def _splits(self) -> None:
        menu, now = self._below("split", tr("S&plit")), self._all(lambda row: (row.split,))
        for split in (*Split, None):
            act = partial(self._do.edit, "set_split", split)
            text = split_word(split) or tr("none")
            self._item(menu, f"split_{split or 'none'}", text, act, on=split in now)

    def _tags(self, tags: Sequence[str], ask: Callable[[str], object]) -> None:
        menu, given = self._below("tags", tr("Ta&gs")), self._all(lambda row: row.tags)
        for tag in tags[:_MOST_NAMES]:
            change = {"remove": [tag]} if tag in given else {"add": [tag]}
            act = partial(self._do.edit, "set_tags", **change)
            self._item(menu, f"tag_{tag}", tag.replace("&", "&&"), act, on=tag in given)
        menu.addSeparator()
        self._item(menu, "tags_other", tr("&Another…"), partial(ask, "tags"))

    def _named(
        self,
        name: str,
        text: str,
        names: Sequence[str],
        given: set[object],
        act: Callable[[str | None], object],
        nothing: str,
        ask: Callable[[str], object],
    ) -> None:
        """A menu of names of which each image has one or none."""
        menu = self._below(name, text)
        for each in names[:_MOST_NAMES]:
            self._item(menu, f"{name}_{each}", each.replace("&", "&&"), partial(act, each),
                       on=each in given)  # fmt: skip
        menu.addSeparator()
        self._item(menu, f"{name}_none", nothing, partial(act, None), on=None in given)
        self._item(menu, f"{name}_other", tr("&Another…"), partial(ask, name))
