"""The run under way, as Qt signals on the UI thread: whatever page is open, one truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

from tlstudio.domain.changes import Changes
from tlstudio.domain.events import Ending, EpochEnded, Event, Progressed
from tlstudio.ui.lazy import service
from tlstudio.ui.ops import Lane
from tlstudio.ui.words import say, time_text, tr

if TYPE_CHECKING:
    from tlstudio.services.projects import Project
    from tlstudio.services.training import RunHandle, TrainRequest
    from tlstudio.ui.context import Context
    from tlstudio.ui.shell.run_pill import RunPill


class RunMonitor(QObject):
    """Starts, watches, stops and calls off the run of the open project.

    `event_arrived(run id, event)` for each event, `state_changed()` when a run begins or ends.
    """

    event_arrived = Signal(str, object)
    state_changed = Signal()
    _from_thread = Signal(str, object)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._ops = context.ops
        self._handle: RunHandle | None = None
        self.starting = False
        self.stopping = False
        self.last: Progressed | None = None
        self.epoch: EpochEnded | None = None
        self._from_thread.connect(self._arrived, Qt.ConnectionType.QueuedConnection)

    @property
    def run_id(self) -> str | None:
        """The run under way, None when there is none."""
        return self._handle.run_id if self._handle is not None else None

    @property
    def busy(self) -> bool:
        return self.starting or self._handle is not None

    def follow_project(self) -> None:
        """Turn to the project now open; a run of it that is under way is taken up."""
        project = self._context.project
        self._handle = None
        self.last = self.epoch = None
        self.starting = self.stopping = False
        self.state_changed.emit()
        if project is not None:
            self._ops.run(service("training", "active_run"), project, on_done=self._taken_up)

    def start(self, project: Project, request: TrainRequest) -> None:
        """Start a run; errors go to the message panel."""
        self._begin("start_training", project, request)

    def resume(self, project: Project, run_id: str) -> None:
        """Go on with a run from its last checkpoint."""
        self._begin("resume_training", project, run_id)

    def stop(self) -> None:
        """Finish the batch, validate, keep the best."""
        if self._handle is not None:
            self.stopping = True
            self._ops.run(self._handle.stop, lane=Lane.WRITE)
            self.state_changed.emit()

    def cancel(self) -> None:
        """Give the run up; nothing of it is kept."""
        if self._handle is not None:
            self.stopping = True
            self._ops.run(self._handle.cancel, lane=Lane.WRITE)
            self.state_changed.emit()

    def _begin(self, function: str, project: Project, what: object) -> None:
        self.starting, self.stopping = True, False
        self.last = self.epoch = None
        self.state_changed.emit()
        self._ops.run(
            service("training", function),
            project,
            what,
            self._deliver,
            on_done=self._taken_up,
            on_error=self._refused,
            lane=Lane.LONG,
        )

    def _refused(self, error: BaseException) -> None:
        self.starting = False
        self.state_changed.emit()
        self._context.show_error(error)

    def _taken_up(self, handle: RunHandle | None) -> None:
        self.starting = False
        if handle is not None:
            self._handle = handle
            handle.listen(self._deliver)
            self._ops.hub.tell(Changes(runs=frozenset({handle.run_id})))
        self.state_changed.emit()

    def _deliver(self, event: Event) -> None:
        """Called on the reader thread of the job."""
        handle = self._handle
        self._from_thread.emit(handle.run_id if handle is not None else "", event)

    def _arrived(self, run_id: str, event: Event) -> None:
        run_id = run_id or self.run_id or ""
        if isinstance(event, Progressed):
            self.last = event
        elif isinstance(event, EpochEnded):
            self.epoch = event
        self.event_arrived.emit(run_id, event)
        if isinstance(event, Ending):
            self._over(run_id)

    def _over(self, run_id: str) -> None:
        self._handle, self.stopping = None, False
        self._ops.hub.tell(Changes(runs=frozenset({run_id})))
        self.state_changed.emit()


class PillFollower(QObject):
    """Keeps the run pill at what the monitor knows; lives and dies with the pill."""

    def __init__(self, pill: RunPill, monitor: RunMonitor) -> None:
        super().__init__(pill)
        self._pill, self._monitor = pill, monitor
        monitor.event_arrived.connect(self._show)
        monitor.state_changed.connect(self._show)
        self._show()

    def _show(self, *_facts: object) -> None:
        if self._monitor.busy:
            self._pill.set_run(*_pill_words(self._monitor))
        else:
            self._pill.set_idle()


def monitor_of(context: Context) -> RunMonitor:
    """The window's one monitor, made when it is first asked for, and the run pill with it."""
    if not isinstance(context.run_monitor, RunMonitor):
        made = RunMonitor(context)
        context.run_monitor = made
        context.project_changed.connect(made.follow_project)
        made.follow_project()
        if context.run_pill is not None:
            PillFollower(context.run_pill, made)
            context.run_pill.clicked.connect(lambda: context.go_to("train", run=made.run_id))
    assert isinstance(context.run_monitor, RunMonitor)
    return context.run_monitor


def _pill_words(monitor: RunMonitor) -> tuple[str, float]:
    """ "r0001, epoch 4 of 10, 2 min left" and the share done."""
    parts = [monitor.run_id or tr("starting")]
    last = monitor.last
    if monitor.stopping:
        parts.append(tr("stopping"))
    elif last is not None:
        if last.epoch is not None and last.epochs:
            parts.append(tr("epoch {n} of {all}", n=last.epoch, all=last.epochs))
        else:
            parts.append(say(last.stage, {}))
        if last.seconds_left is not None:
            parts.append(tr("{time} left", time=time_text(last.seconds_left)))
    return ", ".join(parts), (last.done / last.total if last and last.total else 0.0)
