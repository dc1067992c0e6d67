"""Match a site: images of one site with the look of another's, seen on a few, given to all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLayout, QWidget

from tlstudio.domain.look_places import LookPlace, PlaceKind
from tlstudio.domain.progress import Cancel, Step
from tlstudio.ui.lazy import service
from tlstudio.ui.ops import Job, Lane
from tlstudio.ui.pages.style.match_output import MatchOutput
from tlstudio.ui.pages.style.match_settings import MatchSettings
from tlstudio.ui.pages.style.match_view import MatchView
from tlstudio.ui.pages.style.match_work import NEURAL, Ready, give, pairs, prepare
from tlstudio.ui.pages.style.place_choice import PlaceChoice
from tlstudio.ui.widgets.basics import box, column, line, row, scrolling
from tlstudio.ui.widgets.empty import EmptyState
from tlstudio.ui.words import say, say_error, tr

if TYPE_CHECKING:
    from tlstudio.services.matching import Matched
    from tlstudio.ui.context import Context
    from tlstudio.ui.pages.style.match_work import Pair

_WIDTH = 340
_PATIENCE = 120  # milliseconds the slider rests before the samples are drawn anew


class MatchingTab(QWidget):
    """What to change, whose look, and how at the left; a few images before and after beside it."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("style_matching")
        self._context = context
        self._ready: Ready | None = None
        self._learning: Job | None = None
        self._giving: Job | None = None
        self._first = 0
        self._wait = QTimer(self, singleShot=True, interval=_PATIENCE)
        self._wait.timeout.connect(self._draw)
        self._build()
        self._context.changes.changed.connect(self._project_changed)
        self._show_state()

    # -- what the page calls --------------------------------------------------------------------

    def shown(self, images: Sequence[int] = (), **_others: object) -> None:
        """Come to the front; `images` of the project may be chosen to be changed."""
        if images:
            self._change.choose(LookPlace(PlaceKind.IMAGES, ids=tuple(images), images=len(images)))
        self._ask_places()

    def closing(self) -> None:
        self._wait.stop()
        for job in (self._learning, self._giving):
            if job is not None:
                job.cancel()

    def dropped(self, paths: list[Path]) -> None:
        """Files and folders dropped on the page are to be changed."""
        self._change.take_files(paths)

    # -- building -------------------------------------------------------------------------------

    def _build(self) -> None:
        self._change = PlaceChoice("match_change", tr("Change these images"), whole=True)
        self._to = PlaceChoice("match_to", tr("To look like these"), whole=False)
        self._settings = MatchSettings()
        self._output = MatchOutput(self._context)
        empty = EmptyState(
            "style",
            tr("Make images of one site look like another's"),
            tr(
                "Choose which images to change, and images of the site whose look they shall"
                " have: a tag or a folder of the project, or files outside of it. Only colours,"
                " brightness and contrast change; nothing moves."
            ),
        )
        self._view = MatchView(empty)
        inside = column(self._change, line(), self._to, line(), self._settings, None, gap=12)
        settings = scrolling(_padded(inside), "match_scroll", tr("What to match, and how"))
        left = box(column(settings, line(), _padded(column(self._output)), gap=0))
        left.layout().setStretch(0, 1)
        left.setFixedWidth(_WIDTH)
        whole = row(left, line(upright=True), self._view, gap=0)
        whole.setStretch(2, 1)
        self.setLayout(whole)
        for choice in (self._change, self._to):
            choice.changed.connect(self._places_changed)
            choice.recounted.connect(self._prepare)
        self._settings.changed.connect(self._prepare)
        self._settings.strength_changed.connect(self._wait.start)
        self._output.changed.connect(self._show_state)
        self._output.start_wanted.connect(self._start)
        self._output.cancel_wanted.connect(self._call_off)
        self._view.others_wanted.connect(self._others)

    # -- places ---------------------------------------------------------------------------------

    def _ask_places(self) -> None:
        self._context.ops.run(
            service("look_places", "look_places"),
            self._context.project,
            on_done=self._show_places,
            key="match.places",
        )

    def _show_places(self, places: list[LookPlace]) -> None:
        for choice in (self._change, self._to):
            choice.set_places(places)

    def _project_changed(self, _changes: object) -> None:
        if self.isVisible():
            self._ask_places()

    def _places_changed(self) -> None:
        self._first = 0
        self._settings.by_what_suits()
        self._output.say("")
        self._prepare()

    # -- learning and looking -------------------------------------------------------------------

    def _prepare(self) -> None:
        """Learn the look for what is chosen now; what was asked before is called off."""
        if self._learning is not None:
            self._learning.cancel()
            self._learning = None
        self._ready = None
        self._to.show_left_out(0)
        change, to = self._change.place(), self._to.place()
        if change is None or to is None:
            self._to.show_pictures([])
            self._view.show_pairs([])
            self._settings.forget_hint()
            self._show_state()
            return
        self._output.offer_labels(change.kind is not PlaceKind.FILES)
        self._learning = self._context.ops.run(
            prepare,
            self._context.project,
            change,
            to,
            self._settings.method,
            self._settings.alike,
            self._first,
            on_done=self._learned,
            on_error=self._not_learned,
            on_progress=self._show_learning,
            cancel=Cancel(),
            owner=self,
            lane=Lane.LONG,
            key="match.learn",
        )
        self._view.say(tr("Learning the look…"))
        self._show_state()

    def _others(self) -> None:
        self._first += 1
        self._prepare()

    def _show_learning(self, step: Step) -> None:
        self._view.say(f"{say(step.stage, {})} {step.done:,} / {step.total or 0:,}")

    def _learned(self, ready: Ready) -> None:
        self._learning = None
        self._ready = ready
        self._to.show_pictures(ready.theirs)
        self._to.show_left_out(ready.left_out)
        self._settings.show_method(ready.method, ready.suits, ready.why)
        if ready.problem is not None:
            self._settings.show_problem(say_error(ready.problem))
            self._view.show_pairs([])
        self._view.say("")
        self._draw()
        self._show_state()

    def _not_learned(self, error: BaseException) -> None:
        self._learning = None
        self._to.show_pictures([])
        self._view.show_pairs([])
        self._settings.show_problem(say_error(error))
        self._show_state()

    def _draw(self) -> None:
        self._wait.stop()
        ready = self._ready
        if ready is not None and ready.look is not None:
            slow = ready.method == NEURAL
            self._context.ops.run(
                pairs,
                ready,
                self._settings.strength,
                on_done=self._show_drawn,
                on_error=self._not_drawn,
                lane=Lane.LONG if slow else Lane.PICTURE,
                key="match.pairs",
            )
            self._view.say(tr("Painting one of them…") if slow else "")

    def _show_drawn(self, found: list[Pair]) -> None:
        self._view.say("")
        self._view.show_pairs(found)

    def _not_drawn(self, error: BaseException) -> None:
        self._view.say("")
        self._context.show_error(error)

    # -- giving ---------------------------------------------------------------------------------

    def problem(self) -> str:
        """Why nothing can be started; empty where it can."""
        if self._to.place() is None:
            return tr("Choose images of the site whose look they shall have")
        if self._learning is not None:
            return tr("The look is being learned")
        if self._ready is None or self._ready.look is None:
            return tr("The look could not be learned; choose another method or other images")
        return self._output.problem()

    def _start(self) -> None:
        ready = self._ready
        if ready is None or self.problem():
            return
        self._giving = self._context.ops.run(
            give,
            self._context.project,
            ready,
            self._settings.strength,
            self._output.folder,
            self._output.options,
            on_done=self._given,
            on_error=self._failed,
            on_cancelled=self._cancelled,
            on_progress=self._output.show_step,
            cancel=Cancel(),
            owner=self,
            lane=Lane.LONG,
        )
        self._show_state()

    def _call_off(self) -> None:
        if self._giving is not None:
            self._giving.cancel()

    def _given(self, done: Matched) -> None:
        self._giving = None
        self._output.show_done(done)
        self._show_state()

    def _failed(self, error: BaseException) -> None:
        self._giving = None
        self._output.say(say_error(error))
        self._context.show_error(error)
        self._show_state()

    def _cancelled(self) -> None:
        self._giving = None
        to_folder = self._output.folder is not None
        self._output.say(
            tr("Cancelled. What was written already stays in the folder.")
            if to_folder
            else tr("Cancelled. Nothing was added.")
        )
        self._show_state()

    def _show_state(self) -> None:
        working = self._giving is not None
        for each in (self._change, self._to, self._settings):
            each.setEnabled(not working)
        if working:
            self._output.show_work()
        else:
            ready = self._ready
            self._output.show_rest(self.problem(), None if ready is None else len(ready.images))


def _padded(inside: QLayout) -> QWidget:
    made = box(inside)
    made.layout().setContentsMargins(16, 12, 16, 12)
    return made
