"""Who asks the promptable model: it looks at the image in view, then at the next one.

Only while the assisted outline is in hand: looking at an image takes seconds of all cores
without a graphics card.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from tlstudio.domain.progress import Step
from tlstudio.ui.canvas.tools.assist import AssistTool
from tlstudio.ui.canvas.tools.proposals import Prompts, Proposal
from tlstudio.ui.lazy import service
from tlstudio.ui.ops import Lane
from tlstudio.ui.pages.label.assist_panel import AssistPanel

if TYPE_CHECKING:
    from tlstudio.services.assisting import AssistStatus
    from tlstudio.ui.context import Context
    from tlstudio.ui.pages.label.page import LabelPage


class Assistant(QObject):
    """Knows whether a model is there, and which images it has looked at.

    `changed` is sent with every news; `status` is None until it is known, `models` (id, name) are
    those to choose from, `fraction` is how far the image in view is looked at (None: it is not
    being looked at), `error` why that failed.
    """

    changed = Signal()

    def __init__(self, page: LabelPage, context: Context) -> None:
        super().__init__(page)
        self._page = page
        self._context = context
        self._project = context.project
        self._canvas = page.canvas
        self.status: AssistStatus | None = None
        self.models: tuple[tuple[str, str], ...] = ()
        self.fraction: float | None = None
        self.error: BaseException | None = None
        tool = page.canvas.tools["assist"]
        assert isinstance(tool, AssistTool)
        self.tool = tool
        tool.asker = self
        self.panel = AssistPanel(self, context)
        tool.on_change = self.panel.show_news
        self.changed.connect(self.panel.show_news)
        page.canvas.tool_changed.connect(self._tool_changed)
        context.went.connect(self._went)

    # -- what the tool asks ---------------------------------------------------------------

    @property
    def able(self) -> bool:
        return self.status is not None and self.status.model is not None

    def explain(self) -> None:
        """Ask again whether a model is there; the panel says what came of it."""
        self._find_out()

    def propose(
        self, image: int, prompts: Prompts, before: Proposal | None, tolerance: float
    ) -> Proposal:
        """On a thread: what the model outlines, the best reading smoothed."""
        from tlstudio.ui.canvas.tools.regions import smoothed

        suggestion = service("assisting", "suggest_outline")(
            self._project,
            image,
            [point for point, _belongs in prompts.points],
            [belongs for _point, belongs in prompts.points],
            prompts.box,
            previous=(before.suggestion.name, before.choice) if before is not None else None,
        )
        found = smoothed(suggestion.best.bitmap, tolerance)
        return Proposal(prompts, suggestion, 0, found)

    # -- when to look ---------------------------------------------------------------------

    @property
    def in_hand(self) -> bool:
        return self._canvas.tool is self.tool

    def look(self) -> None:
        """Let the model look at the image in view, and then at the one likely to come next.

        Called once an image is on the canvas and its neighbours' pixels are on their way.
        """
        image = self._canvas.image_id
        if not self.in_hand or not self.able or image is None:
            return
        self.fraction, self.error = 0.0, None
        self._context.ops.run(
            service("assisting", "embed"),
            self._project,
            image,
            on_done=lambda _spent: self._looked(image),
            on_error=lambda error: self._failed(image, error),
            on_cancelled=self._called_off,
            on_progress=self._progress,
            owner=self,
            lane=Lane.LONG,
            key="assist.embed",
        )
        self.changed.emit()

    def _looked(self, image: int) -> None:
        self.fraction = None
        near = self._page.navigator.near()[:1]
        if near and self.in_hand and image == self._canvas.image_id:
            self._context.ops.run(
                service("assisting", "embed"), self._project, near[0], ahead=True,
                on_error=lambda _error: None,  # it is told when that image is in view
                owner=self, key="assist.ahead",
            )  # fmt: skip
        self._find_out()

    def _progress(self, step: Step) -> None:
        self.fraction = step.done / step.total if step.total else 0.0
        self.changed.emit()

    def _failed(self, image: int, error: BaseException) -> None:
        if image == self._canvas.image_id:
            self.fraction, self.error = None, error
            self.changed.emit()

    def _called_off(self) -> None:
        """Nobody waits for it any more; another image asked for in the meantime tells of itself."""
        self.fraction = None
        self.changed.emit()

    # -- when to ask whether a model is there ---------------------------------------------

    def choose(self, model: str) -> None:
        """Use another of the models that are here, from now on."""
        if self.status is not None and self.status.offer.id != model:
            self.tool.cancel()
            self._find_out(then=True, first=model)

    def _find_out(self, then: bool = False, first: str | None = None) -> None:
        self._context.ops.run(
            _state, first, on_done=lambda found: self._found_out(*found, then=then),
            owner=self, key="assist.ready",
        )  # fmt: skip

    def _found_out(
        self, status: AssistStatus, models: tuple[tuple[str, str], ...], *, then: bool
    ) -> None:
        self.status, self.models = status, models
        self.changed.emit()
        if then:
            self.look()

    def _tool_changed(self, _name: str) -> None:
        self.changed.emit()
        if self.in_hand:
            self._find_out(then=True)
        elif self.fraction is not None and self._canvas.image_id is not None:
            self._context.ops.run(
                service("assisting", "drop"), self._project, self._canvas.image_id,
                on_error=lambda _error: None, owner=self,
            )  # fmt: skip

    def _went(self, page: str, _what: object) -> None:
        """Back from the settings, weights may be there that were not."""
        if page == "label" and self.in_hand:
            self._find_out(then=not self.able)


def _state(model: str | None) -> tuple[AssistStatus, tuple[tuple[str, str], ...]]:
    """On a thread: choose `model` where one is given, then say how things stand."""
    if model is not None:
        service("assisting", "choose_model")(model)
    here = tuple(
        (row.spec.id, row.spec.name)
        for row in service("assisting", "available")()
        if row.weights == "present"
    )
    return service("assisting", "ready")(), here
