"""Train: what to learn from, what to start from, how, and the run as it goes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QComboBox, QListWidget, QSplitter, QWidget

from tlstudio.domain.changes import Changes
from tlstudio.domain.events import EpochEnded, Event
from tlstudio.domain.runs import Run
from tlstudio.domain.tasks import LABELLED, Task
from tlstudio.ui.lazy import service
from tlstudio.ui.ops import Lane
from tlstudio.ui.run_monitor import monitor_of
from tlstudio.ui.shortcuts import Shortcuts, press
from tlstudio.ui.task_words import TASKS, kind_name, task_name, task_tip
from tlstudio.ui.widgets.basics import (
    Segments,
    box,
    button,
    column,
    disable,
    label,
    named,
    panel,
    row,
    scrolling,
)
from tlstudio.ui.widgets.model_picker import ModelPicker
from tlstudio.ui.widgets.plan_words import plan_words
from tlstudio.ui.widgets.recipe_form import RecipeForm
from tlstudio.ui.widgets.run_view import RunView
from tlstudio.ui.widgets.style_mark import read_look
from tlstudio.ui.widgets.style_picker import StylePicker
from tlstudio.ui.words import say, time_text, tr

if TYPE_CHECKING:
    from tlstudio.services.training import Plan, TrainRequest
    from tlstudio.ui.context import Context


class TrainPage(QWidget):
    """Three steps that read as a sentence, one Start, and the run beside them."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._monitor = monitor_of(context)
        self._run: Run | None = None
        project = context.project
        task = Task(project.task) if project is not None else TASKS[0]
        self._task = task if task in TASKS else TASKS[0]
        self._build()
        self._wait = QTimer(self, singleShot=True, interval=250)
        self._wait.timeout.connect(self._ask_if_seen)
        context.changes.changed.connect(self._changed)
        self._monitor.event_arrived.connect(self._event)
        self._monitor.state_changed.connect(self._monitor_changed)
        self._reload()

    def shown(self, run: str | None = None, task: str | None = None) -> None:
        """Come to the front; with `run`, show that one, with `task`, offer to learn that."""
        if run is not None:
            self._show_run_id(run)
        if task is not None and task != self._task:
            self._task_chosen(task)
        self._picker.reload()  # weights may have come elsewhere
        self._ask_plan()

    def request(self) -> TrainRequest:
        """What Start would ask for."""
        from tlstudio.services.training import TrainRequest

        return TrainRequest(
            model=self._picker.model_id(),
            weights=self._picker.weights(),
            settings=self._form.values(),
            task=self._task.value,
            source_kind=self._kind.currentData(),
            style=self._style.wanted() if self._task is Task.STYLE else None,
        )

    def accepts(self, urls: list) -> bool:
        """Whether a picture that could be the style is over the window."""
        return self._task is Task.STYLE and any(url.isLocalFile() for url in urls)

    def dropped(self, paths: list[Path]) -> None:
        """Take the first of the dropped files for the style image."""
        files = [path for path in paths if path.is_file()]
        if self._task is Task.STYLE and files:
            self._style.take_file(files[0])

    def _build(self) -> None:
        named(self, "train_page", tr("Train"))
        self._tasks = Segments(
            "train_task",
            tr("What to learn"),
            [(task.value, task_name(task)) for task in TASKS],
            self._task_chosen,
        )
        for task in TASKS:
            self._tasks.set_tip(task.value, task_tip(task))
        self._kind = named(QComboBox(), "train_from", tr("Annotations to learn from"))
        self._kind.setToolTip(
            tr(
                "Automatic takes those made for the task; others are turned into them: boxes"
                " from masks, for example"
            )
        )
        self._kind.activated.connect(self._settings_changed)
        self._facts = label(name="train_data", wrap=True)
        self._warnings = named(QListWidget(), "train_warnings", tr("Warnings about the data"))
        self._warnings.setProperty("role", "framed")
        self._warnings.setWordWrap(True)
        self._warnings.setMaximumHeight(112)
        self._style = StylePicker(self._context)
        self._style_step = box(
            column(label(tr("In the look of"), "heading"), panel(self._style, margin=12))
        )
        self._picker = ModelPicker(self._context)
        self._form = RecipeForm()
        self._estimate = label(role="dim", name="train_estimate", wrap=True)
        self._start = button(
            tr("Start"), "train_start", self._start_run, icon="play", role="primary"
        )
        self._start.setMinimumHeight(36)
        self._to_images = button(
            tr("Go to the images"), "train_to_images", lambda: self._context.go_to("images")
        )
        self._to_images.hide()
        steps = box(
            column(
                label(tr("Learn"), "heading"),
                panel(self._tasks, margin=12),
                self._style_step,
                label(tr("From"), "heading"),
                panel(self._kind, self._facts, self._warnings, self._to_images, margin=12),
                label(tr("Starting from"), "heading"),
                panel(self._picker, margin=12),
                label(tr("By"), "heading"),
                panel(self._form, margin=12),
                None,
            )
        )
        steps.layout().setContentsMargins(0, 0, 8, 0)
        side = box(
            column(scrolling(steps, "train_steps", tr("Settings")), self._estimate, self._start)
        )
        side.layout().setContentsMargins(0, 0, 12, 0)
        side.setMinimumWidth(462)  # the four tasks side by side
        self._view = RunView(self._context)
        self._view.stop_wanted.connect(self._monitor.stop)
        self._view.cancel_wanted.connect(self._monitor.cancel)
        self._view.resume_wanted.connect(self._resume)
        Shortcuts(self, {"train.start": press(self._start), "train.stop": self._view.press_stop})
        self._view.results_wanted.connect(lambda run: self._context.go_to("results", run=run))
        self._empty = label(
            tr(
                "No run yet. Start one on the left: the first figure comes after the probe or the"
                " first epoch, and the curves are drawn here while it learns."
            ),
            "dim",
            "train_empty",
            wrap=True,
        )
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        stage = panel(self._empty, self._view)
        split = named(QSplitter(), "train_splitter", tr("Settings and run"))
        split.addWidget(side)
        split.addWidget(stage)
        split.setStretchFactor(1, 1)
        split.setSizes([462, 838])
        split.setChildrenCollapsible(False)
        whole = row(split)
        whole.setContentsMargins(16, 16, 16, 16)
        self.setLayout(whole)
        self._view.hide()
        self._show_task()
        self._picker.changed.connect(self._model_changed)
        self._form.changed.connect(self._settings_changed)
        self._style.changed.connect(self._settings_changed)

    def _reload(self) -> None:
        self._context.ops.run(
            service("training", "list_runs"),
            self._context.project,
            on_done=self._show_runs,
            key="train.runs",
        )

    def _task_chosen(self, value: str) -> None:
        self._task = Task(value)
        self._show_task()
        self._facts.setText("")
        self._warnings.hide()
        self._settings_changed()
        project = self._context.project
        # A style says nothing of what the project's labels are for, so that task stays.
        labelled = self._task in LABELLED
        if labelled and project is not None and not self._context.locked_reason():
            self._context.ops.run(
                service("projects", "set_project_task"), project, self._task, lane=Lane.WRITE
            )

    def _show_task(self) -> None:
        """Models, settings and kinds of annotation of the task chosen, or its style image."""
        from tlstudio.services.training import learnable_kinds

        self._tasks.set_value(self._task.value)
        self._kind.clear()
        self._kind.addItem(tr("Automatic: made for this task"), None)
        for kind in learnable_kinds(self._task):
            self._kind.addItem(kind_name(kind), kind)
        self._kind.setVisible(self._task is not Task.STYLE)
        self._style_step.setVisible(self._task is Task.STYLE)
        self._form.set_task(self._task)
        self._picker.set_task(self._task)

    def _show_runs(self, runs: list[Run]) -> None:
        self._picker.reload()
        wanted = self._monitor.run_id or (self._run.id if self._run else None)
        found = next((r for r in runs if r.id == wanted), runs[-1] if runs else None)
        if found is None:
            self._run = None
            self._view.hide()
            self._empty.show()
            return
        if self._run is not None and found.id == self._run.id and self._view.isVisible():
            self._run = found
            self._view.set_run(found)
        else:
            self._show_run(found)

    def _show_run_id(self, run_id: str) -> None:
        self._context.ops.run(
            service("training", "get_run"),
            self._context.project,
            run_id,
            on_done=self._show_run,
            key="train.run",
        )

    def _show_run(self, run: Run) -> None:
        self._run = run
        self._context.ops.run(
            service("training", "run_events"),
            self._context.project,
            run.id,
            on_done=lambda events: self._show_history(run, events),
            owner=self,
            key="train.events",
        )

    def _show_history(self, run: Run, events: list[Event]) -> None:
        self._empty.hide()
        self._view.show()
        self._view.show_run(run, events)
        self._ask_origin(run.id)
        self._ask_look(run)
        self._monitor_changed()

    def _ask_origin(self, run_id: str) -> None:
        self._context.ops.run(
            service("training", "weights_used"),
            self._context.project,
            run_id,
            on_done=self._view.show_origin,
            owner=self,
            key="train.origin",
        )

    def _ask_look(self, run: Run) -> None:
        """The style image of a run that learns one."""
        if run.task == Task.STYLE:
            self._context.ops.run(
                read_look,
                self._context.project,
                run.id,
                on_done=self._view.show_style,
                owner=self,
                key="train.look",
            )

    def _event(self, run_id: str, event: Event) -> None:
        if self._run is not None and run_id == self._run.id:
            self._view.add(event)
            if isinstance(event, EpochEnded) and event.best:
                self._ask_origin(run_id)

    def _changed(self, changes: Changes) -> None:
        if changes.runs or changes.everything:
            self._reload()
        if changes.images or changes.labels or changes.everything:
            self._settings_changed()

    def _monitor_changed(self) -> None:
        if self._monitor.stopping:
            self._view.set_stopping()
        self._show_start()

    def _model_changed(self) -> None:
        chosen = self._picker.row()
        if chosen is not None:
            self._form.set_family(chosen.spec.family)
        self._settings_changed()

    def _settings_changed(self) -> None:
        self._show_start()
        self._wait.start()

    def _show_start(self) -> None:
        reason = self._context.locked_reason() or self._lacks()
        if self._monitor.busy:
            reason = tr("A run is under way; stop or cancel it first")
        disable(self._start, reason)
        self._start.setText(tr("Starting…") if self._monitor.starting else tr("Start"))
        if reason and not self._monitor.busy:
            self._estimate.setText(reason)

    def _lacks(self) -> str:
        """What has to be chosen or brought before a run can start; empty where nothing has."""
        style = self._style.problem() if self._task is Task.STYLE else ""
        return style or self._picker.problem()

    def _ask_if_seen(self) -> None:
        """A plan reads what all images hold; coming to the front asks for one anyway."""
        if self.isVisible():
            self._ask_plan()

    def _ask_plan(self) -> None:
        """What the data hold depends neither on weights nor on the style image."""
        if not self._picker.model_id():
            return
        self._context.ops.run(
            service("training", "training_plan"),
            self._context.project,
            self.request(),
            whole=not self._lacks(),
            on_done=self._show_plan,
            on_error=self._plan_refused,
            key="train.plan",
        )

    def _show_plan(self, plan: Plan) -> None:
        self._to_images.hide()
        notes = [say(note["code"], note["params"]) for note in plan.notes]
        self._facts.setText("\n".join([plan_words(plan, self._task), *notes]))
        self._form.show_advice(plan.defaults)
        self._warnings.clear()
        for warning in plan.warnings:
            self._warnings.addItem("⚠ " + say(warning["code"], warning.get("params", {})))
        self._warnings.setVisible(bool(plan.warnings))
        self._estimate.setText(
            tr("About {time} on this machine", time=time_text(plan.seconds)) if plan.seconds else ""
        )
        self._show_start()

    def _plan_refused(self, error: BaseException) -> None:
        from tlstudio.ui.words import say_error

        self._facts.setText(say_error(error))
        self._warnings.hide()
        code = getattr(error, "code", "")
        elsewhere = ("recipe.", "window.", "training.style", "data.")
        self._to_images.setVisible(not code.startswith(elsewhere))
        self._estimate.setText("")
        disable(self._start, say_error(error))

    def _start_run(self) -> None:
        if self._context.project is not None and self._start.isEnabled():
            self._monitor.start(self._context.project, self.request())

    def _resume(self, run_id: str) -> None:
        if self._context.project is not None:
            self._monitor.resume(self._context.project, run_id)
