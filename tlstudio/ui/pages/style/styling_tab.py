"""Painting a picture in the look of others: what of, how, the picture as it becomes, and what
becomes of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from tlstudio.domain.errors import UserError
from tlstudio.domain.styling import StyleSettings, StyleSource, Styling, result_size
from tlstudio.ui.pages.style.controls import Controls
from tlstudio.ui.pages.style.form import StyleForm
from tlstudio.ui.pages.style.history import HistoryStrip
from tlstudio.ui.pages.style.keeping import Keeping
from tlstudio.ui.pages.style.network import NetworkPicker
from tlstudio.ui.pages.style.past import Past
from tlstudio.ui.pages.style.picked import Picked, StyleChoice
from tlstudio.ui.pages.style.results import Results
from tlstudio.ui.pages.style.session import HERE, Session, State, Wish
from tlstudio.ui.pages.style.sources import Sources
from tlstudio.ui.pages.style.stage import Stage
from tlstudio.ui.pages.style.substitutes import Substitutes
from tlstudio.ui.shortcuts import Shortcuts, press
from tlstudio.ui.widgets.basics import box, column, line, row, scrolling
from tlstudio.ui.widgets.empty import EmptyState
from tlstudio.ui.words import say, say_error, tr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tlstudio.domain.events import Preview
    from tlstudio.domain.style_history import StylingEntry
    from tlstudio.ui.context import Context

_LEFT, _RIGHT = 248, 320
_PATIENCE = 350  # milliseconds a slider rests before the picture goes on with its new value


class StylingTab(QWidget):
    """Sources at the left, the picture in the middle, settings and what to do at the right."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("style_styling")
        self._context = context
        self._left_at: int | None = None
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
        **_others: object,
    ) -> None:
        """Come to the front; images of the project may come along as content or as styles."""
        if content is not None:
            self._sources.content.intake.images([content], self._sources.content.take)
        if styles:
            self._sources.styles.intake.images(list(styles), self._sources.styles.take)
        self.past.reload()
        self._network.reload()

    def hidden(self) -> None:
        self.past.settle()

    def closing(self) -> None:
        self._wait.stop()
        self.past.settle()
        self.session.close()

    def dropped(self, paths: list[Path]) -> None:
        self._sources.take_files(paths)

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
        self.history = HistoryStrip(context)
        self.past = Past(context, self.history)
        self._form, self._network = StyleForm(), NetworkPicker(context)
        self._controls, self._keeping = Controls(), Keeping(context)
        self._results = Results(context, self._keeping, self.past)
        left = scrolling(
            _padded(self._sources), "style_sources_scroll", tr("Content image and style images")
        )
        left.setFixedWidth(_LEFT)
        settings = scrolling(
            _padded(box(column(self._form, line(), self._network, None, gap=12))),
            "style_settings_scroll",
            tr("Settings of the styling"),
        )
        foot = box(column(self._network.offer, self._controls, self._keeping, gap=12))
        right = box(column(settings, line(), _padded(foot), gap=0))
        right.layout().setStretch(0, 1)
        right.setFixedWidth(_RIGHT)
        middle = column(self.stage, line(), self.history, gap=0)
        middle.setStretch(0, 1)
        whole = row(left, line(upright=True), box(middle), line(upright=True), right, gap=0)
        whole.setStretch(2, 1)
        self.setLayout(whole)

    def _connect(self) -> None:
        sources, controls = self._sources, self._controls
        sources.content_changed.connect(self._content_changed)
        sources.content_seen.connect(self._show_state)
        sources.styles_changed.connect(self._settings_changed)
        self._form.changed.connect(self._settings_changed)
        self._network.changed.connect(self._settings_changed)
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
        first = self._sources.missing() or self._network.problem() or self._form.problem()
        size = self._sources.content.size_of
        if first or size is None:
            return first
        try:
            result_size(*size, self._settings().size)
        except UserError as error:
            return say_error(error)
        return ""

    def wish(self) -> Wish:
        """The styling as it is set; only where there is no `problem`."""
        content = self._sources.content.picked
        assert content is not None
        chosen = tuple(_source_of(each) for each in self._sources.styles.choices())
        styling = Styling(str(content.path), content.frame, chosen, self._settings())
        return Wish(styling, content.image)

    def _settings(self) -> StyleSettings:
        return StyleSettings.read({**self._form.values(), "network": self._network.network()})

    # -- acts -----------------------------------------------------------------------------------

    def _start(self) -> None:
        if not self.problem():
            self._look_at_content()
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

    def _settings_changed(self) -> None:
        if self.session.live:
            self._wait.start()
        self._show_state()

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
        self._show_state()

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
        self.past.reload()

    def _show_entry(self, entry: StylingEntry) -> None:
        """A picture of the history, beside what it was made from."""
        if self.session.state is not State.REST:
            return
        self.stage.show_picture(_content_of(entry))
        self.stage.show_file(self._results.file_of(entry), tr("From the history"))
        self._results.show_entry(entry)

    def _use_entry(self, entry: StylingEntry) -> None:
        self.session.forget()
        self._sources.use(entry)
        self._form.set_values(entry.settings)
        self._network.set_network(str(entry.settings.get("network", "")))
        self._show_state()

    def _show_state(self) -> None:
        state = self.session.state
        if state is State.REST:
            problem = self.problem()
            self._controls.show_rest(problem, picture=self.session.has_picture)
            if not problem and self.isVisible():
                self.session.wake()
        elif state is State.STOPPING:
            self._controls.show_stopping()
        else:
            self._controls.show_work(tr("Getting ready; the first picture comes in seconds"))
        self.history.set_busy(state is not State.REST)


def _source_of(choice: StyleChoice) -> StyleSource:
    region = None if choice.area is None else str(choice.area.path)
    return StyleSource(str(choice.picked.path), choice.picked.frame, choice.share, region)


def _content_of(entry: StylingEntry) -> Picked:
    return Picked(Path(entry.content_path), entry.content_frame, entry.content_image)


def _padded(inside: QWidget) -> QWidget:
    made = box(column(inside))
    made.layout().setContentsMargins(16, 12, 16, 12)
    return made
