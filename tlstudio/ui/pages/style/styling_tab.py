"""Painting a picture in the look of others: what of, how, the picture as it becomes, and what
becomes of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from tlstudio.domain.styling import StyleSource, Styling
from tlstudio.ui.pages.style.applying import Applying
from tlstudio.ui.pages.style.history import HistoryStrip
from tlstudio.ui.pages.style.past import Past
from tlstudio.ui.pages.style.picked import Picked, StyleChoice
from tlstudio.ui.pages.style.results import Results
from tlstudio.ui.pages.style.session import HERE, Session, State, Wish
from tlstudio.ui.pages.style.settings_column import SettingsColumn, padded
from tlstudio.ui.pages.style.sources import STYLIZER, Sources
from tlstudio.ui.pages.style.stage import Stage
from tlstudio.ui.pages.style.substitutes import Substitutes
from tlstudio.ui.shortcuts import Shortcuts, press
from tlstudio.ui.widgets.basics import box, column, line, row, scrolling
from tlstudio.ui.widgets.empty import EmptyState
from tlstudio.ui.words import say, tr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tlstudio.domain.events import Preview
    from tlstudio.domain.style_history import StylingEntry
    from tlstudio.ui.context import Context

_WIDE = 960  # from here on the columns beside the picture have all the room they want
_LEFT, _RIGHT = (232, 256), (288, 320)
_PATIENCE = 350  # milliseconds a slider rests before the picture goes on with its new value


class StylingTab(QWidget):
    """Sources at the left, the picture in the middle, settings and what to do at the right."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("style_styling")
        self._context = context
        self.session = Session(context, self)
        self._build()
        self._wait = QTimer(self, singleShot=True, interval=_PATIENCE)
        self._wait.timeout.connect(self._go_on_if_live)
        self._connect()
        self._show_state()

    # -- what the page calls --------------------------------------------------------------------

    def shown(
        self,
        content: int | None = None,
        styles: Sequence[int] = (),
        many: Sequence[int] = (),
        run: str = "",
        **_others: object,
    ) -> None:
        """Come to the front; images of the project may come along as content, as styles, or as
        many to apply a stylizer to; `run` is the stylizer to take."""
        if content is not None:
            self._sources.content.intake.images([content], self._sources.content.take)
        if styles:
            self._sources.styles.intake.images(list(styles), self._sources.styles.take)
        if many or run:
            self._sources.set_way(STYLIZER)
        if run:
            self._sources.stylizer.want(run)
        if many:
            self._applying.select(many)
        self.past.reload()
        self._right.network.reload()

    def hidden(self) -> None:
        self.past.settle()

    def closing(self) -> None:
        self._wait.stop()
        self.past.settle()
        self.session.close()

    def dropped(self, paths: list[Path]) -> None:
        self._sources.take_files(paths)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() >= _WIDE
        self._left.setFixedWidth(_LEFT[wide])
        self._right.setFixedWidth(_RIGHT[wide])

    def undo(self) -> bool:
        """Take the last stroke of a region back, where one is painted."""
        return self._substitutes.undo()

    # -- building -------------------------------------------------------------------------------

    def _build(self) -> None:
        context = self._context
        self._sources = Sources(context)
        content, styles = self._sources.content, self._sources.styles
        empty = EmptyState(
            "style",
            tr("Paint a picture in the look of another"),
            tr(
                "Choose the picture whose forms are kept, then one or more whose look it takes."
                " Drop them here, or choose them at the left."
            ),
            (
                tr("Choose the content…"),
                "style_empty_content",
                lambda: content.intake.ask_files(tr("Content image"), content.take, many=False),
            ),
            (
                tr("Add a style…"),
                "style_empty_style",
                lambda: styles.intake.ask_files(tr("Style images"), styles.take, many=True),
            ),
            least=200,
        )
        self.stage = Stage(context, empty)
        self._substitutes = Substitutes(context, self.stage, self._sources)
        self._applying = Applying(context, self.stage, self._sources.stylizer)
        self.history = HistoryStrip(context)
        self.past = Past(context, self.history)
        self._right = SettingsColumn(context)
        self._controls, self._form = self._right.controls, self._right.form
        self._results = Results(context, self._right.keeping, self.past)
        left = scrolling(
            padded(self._sources), "style_sources_scroll", tr("Content image and style images")
        )
        self._left = left
        middle = column(self.stage, line(), self.history, gap=0)
        middle.setStretch(0, 1)
        whole = row(left, line(upright=True), box(middle), line(upright=True), self._right, gap=0)
        whole.setStretch(2, 1)
        self.setLayout(whole)

    def _connect(self) -> None:
        sources, controls = self._sources, self._controls
        sources.content_changed.connect(self._content_changed)
        sources.content_seen.connect(self._show_rest)
        sources.styles_changed.connect(self._settings_changed)
        sources.way_changed.connect(self._way_changed)
        sources.stylizer.changed.connect(self._show_rest)
        self._applying.changed.connect(self._show_state)
        self._applying.ended.connect(self._applied)
        self._right.changed.connect(self._settings_changed)
        controls.start_wanted.connect(self._start)
        controls.go_on_wanted.connect(self._go_on)
        controls.stop_wanted.connect(self.session.stop)
        controls.cancel_wanted.connect(self._cancel)
        self.session.changed.connect(self._show_state)
        self.session.staged.connect(self._staged)
        self.session.previewed.connect(self._previewed)
        self.session.made.connect(self._made)
        self.session.ended.connect(self._ended)
        self.history.shown.connect(self._show_entry)
        self.history.use_wanted.connect(self._use_entry)
        self._shortcuts = Shortcuts(
            self,
            {
                "style.start": press(controls.start_button),
                "style.stop": press(controls.stop_button),
                "style.paste": sources.paste,
            },
        )

    # -- what would be made ---------------------------------------------------------------------

    def problem(self) -> str:
        """Why nothing can be started; empty where it can."""
        first = self._sources.missing()
        if self._at_once:
            return first or self._context.locked_reason()
        return first or self._right.problem(self._sources.content.size_of)

    @property
    def _at_once(self) -> bool:
        return self._sources.way == STYLIZER

    def wish(self) -> Wish:
        """The styling as it is set; only where there is no `problem`."""
        content = self._sources.content.picked
        assert content is not None
        chosen = tuple(_source_of(each) for each in self._sources.styles.choices())
        styling = Styling(str(content.path), content.frame, chosen, self._right.settings())
        return Wish(styling, content.image)

    # -- acts -----------------------------------------------------------------------------------

    def _start(self) -> None:
        content = self._sources.content.picked
        if self.problem() or content is None:
            return
        self._look_at_content()
        if self._at_once:
            self._applying.apply(self._sources.stylizer.run_id(), content)
        else:
            self.session.start(self.wish(), None)

    def _go_on(self) -> None:
        if not self.problem():
            self._look_at_content()
            self.session.start(self.wish(), HERE)

    def _cancel(self) -> None:
        self._wait.stop()
        self.session.cancel()
        self.stage.show_after(None)
        self._results.show_entry(None)

    def _way_changed(self) -> None:
        """What was made in one way is nothing to go on from in the other."""
        self.session.forget()
        self._right.show_fixed(self._at_once)
        self._show_rest()

    def _settings_changed(self) -> None:
        if self.session.live:
            self._wait.start()
        self._show_rest()

    def _go_on_if_live(self) -> None:
        if self.session.live and not self.problem() and self.session.differs(self.wish()):
            self._go_on()

    def _content_changed(self) -> None:
        """What was made of another content is no picture to go on from."""
        self._wait.stop()
        self.session.forget()
        self._results.show_entry(None)
        self.history.choose(None)
        self._look_at_content()
        self._show_rest()

    def _look_at_content(self) -> None:
        """From a picture of the history back to the one at hand."""
        self.history.choose(None)
        self.stage.show_picture(self._sources.content.picked)

    # -- what came of it ------------------------------------------------------------------------

    def _previewed(self, preview: Preview) -> None:
        self._controls.show_step(preview.step, preview.steps, preview.seconds_left)
        self.stage.show_file(Path(preview.file), small=True)

    def _staged(self, stage: str) -> None:
        self._controls.show_stage(say(stage, {}))

    def _made(self, file: Path) -> None:
        self.stage.show_file(file, tr("Done"))
        if self._context.locked_reason():
            self._results.show_unkept(file)

    def _ended(self, entry: StylingEntry) -> None:
        self._results.show_entry(entry)
        self.history.choose(entry.id)
        self.past.reload()

    def _applied(self, entry: StylingEntry) -> None:
        self.stage.show_file(self._results.file_of(entry), tr("Done"))
        self._ended(entry)

    def _show_entry(self, entry: StylingEntry) -> None:
        """A picture of the history, beside what it was made from."""
        self.stage.show_picture(_content_of(entry))
        self.stage.show_file(self._results.file_of(entry), tr("From the history"))
        self._results.show_entry(entry)

    def _use_entry(self, entry: StylingEntry) -> None:
        """Its pictures and settings, and its result as the picture to go on from."""
        self._sources.use(entry)
        self._right.set_settings(entry.settings)
        self._wait.stop()
        self.session.adopt(self._results.file_of(entry))
        self._show_entry(entry)
        self.history.choose(entry.id)

    def _show_state(self) -> None:
        """The session or the stylizer has begun, or come to an end."""
        state = self.session.state
        if state is State.STOPPING:
            self._controls.show_stopping()
        elif state is State.RUNNING and self.session.has_picture:
            self._controls.show_work(tr("Going on from the picture as it stands"))
        elif state is State.RUNNING:
            self._controls.show_work(tr("Getting ready; the first picture comes in seconds"))
        elif self._applying.busy:
            self._controls.show_work(tr("Applying the stylizer"), at_once=True)
        else:
            self._show_rest()
        self.history.set_busy(state is not State.REST or self._applying.busy)

    def _show_rest(self) -> None:
        """What can be started, where nothing is under way."""
        if self.session.state is not State.REST or self._applying.busy:
            return
        once, problem = self._at_once, self.problem()
        self._controls.show_rest(problem, picture=self.session.has_picture, at_once=once)
        begun = self._sources.content.picked is not None or self._sources.styles.choices()
        if begun and not once and self.isVisible() and not self._right.network.problem():
            self.session.wake()  # while the person chooses what is still missing


def _source_of(choice: StyleChoice) -> StyleSource:
    region = None if choice.area is None else str(choice.area.path)
    return StyleSource(str(choice.picked.path), choice.picked.frame, choice.share, region)


def _content_of(entry: StylingEntry) -> Picked:
    return Picked(Path(entry.content_path), entry.content_frame, entry.content_image)
