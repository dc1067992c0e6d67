"""Verbs for runs: train, resume, runs. Ctrl-C stops and keeps; a second one cancels."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from types import FrameType
from typing import TYPE_CHECKING, Any

from tlstudio.cli.output import Output, duration, figure
from tlstudio.cli.verbs import Verbs, project_argument, run_argument, writing
from tlstudio.domain.errors import UserError
from tlstudio.domain.events import EpochEnded, Event, Progressed, Remark, Started
from tlstudio.domain.messages import render
from tlstudio.domain.recipe import Field, Recipe
from tlstudio.domain.runs import Run, RunState
from tlstudio.domain.tasks import Task
from tlstudio.domain.texts import counted

if TYPE_CHECKING:
    from tlstudio.services.projects import Project
    from tlstudio.services.training import Plan, RunHandle

_SHOWN = (
    *("train_loss", "val_loss", "accuracy", "balanced_accuracy"),
    *("map50", "map50_95", "dice", "iou", "content_loss", "style_loss"),
)

OPTIONS = ("strategy", "epochs", "time_limit", "image_size", "device", "seed")


def add(verbs: Verbs) -> None:
    train = verbs.add(
        "train", "Train a model on the project's images: fine-tune it, or teach it a style.", _train
    )
    project_argument(train)
    train.add_argument("--model", required=True, metavar="ID", help="see `tlstudio models`")
    train.add_argument("--task", choices=tuple(task.value for task in Task))
    train.add_argument(
        "--from",
        dest="source_kind",
        metavar="KIND",
        help="kinds of annotation to learn from, with commas between: image_label, box, polygon,"
        " mask (default: what the task usually takes)",
    )
    train.add_argument(
        "--style",
        metavar="FILE|image:ID",
        help="the picture whose look is learned, for the task style",
    )
    recipe_options(train)
    train.add_argument(
        "--weights",
        default="default",
        metavar="default|none|FILE|run:ID",
        help="what to start from",
    )
    train.add_argument(
        "--set",
        dest="settings",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="any setting of `tlstudio recipe`; may be given again and again",
    )
    train.add_argument(
        "--plan",
        action="store_true",
        help="only say what would be learned from, what is recommended and why",
    )
    resume = verbs.add("resume", "Go on with a run from its last checkpoint.", _resume)
    project_argument(resume)
    run_argument(resume)
    runs = verbs.add("runs", "List the runs of a project, their settings and figures.", _runs)
    project_argument(runs)


_UNSET = {
    "image_size": "the model's own (detection and segmentation: chosen from the data)",
    "time_limit": "none",
}


def recipe_options(parser: argparse.ArgumentParser) -> None:
    """The settings that have an option of their own."""
    fields = {field.name: field for field in Recipe.fields()}
    usual = {field.name: field for field in Recipe.fields(Task.DETECTION)}
    for name in OPTIONS:
        words = render(f"recipe.{name}.help", {}).replace("%", "%%")
        unit = fields[name].unit or ("|".join(fields[name].choices) or "N")
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            metavar=unit.upper() if unit.isalpha() and unit.islower() else unit,
            help=f"{words} Default: {_default(fields[name], usual[name])}.",
        )


def _default(field: Field, for_shapes: Field) -> str:
    """The default, and that of detection and segmentation where it is another."""
    if field.name in _UNSET:
        return _UNSET[field.name]
    if field.default == for_shapes.default:
        return str(field.default)
    other = "chosen from the data" if for_shapes.auto is not None else for_shapes.default
    return f"{field.default} (detection and segmentation: {other})"


def settings_of(pairs: Sequence[str]) -> dict[str, object]:
    """FIELD=VALUE texts as settings."""
    found: dict[str, object] = {}
    for text in pairs:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise UserError("command.set", text=text)
        found[name.strip()] = value.strip()
    return found


def optional_settings(args: argparse.Namespace) -> dict[str, object]:
    """The settings that were given by an option of their own."""
    given = {name: getattr(args, name) for name in OPTIONS}
    return {name: value for name, value in given.items() if value is not None}


def _train(args: argparse.Namespace, out: Output) -> int:
    from tlstudio.services.training import TrainRequest, start_training, training_plan

    request = TrainRequest(
        model=args.model,
        task=args.task,
        weights=args.weights,
        settings={**settings_of(args.settings), **optional_settings(args)},
        source_kind=args.source_kind,
        style=args.style,
    )
    with writing(args.project) as project:
        plan = training_plan(project, request)
        if args.plan:
            out.answer(asdict(plan))
        if args.plan or not out.events:
            _tell_plan(plan, out)
        if args.plan:
            for warning in plan.warnings:
                out.say(f"warning: {warning['message']}")
            return 0
        handle = start_training(project, request, Teller(out))
        return _follow(handle, out)


def _tell_plan(plan: Plan, out: Output) -> None:
    counts = ", ".join(f"{n:,} {split or 'in no split'}" for split, n in plan.images.items() if n)
    images = counted(sum(plan.images.values()), "image", "images")
    labels = f" of {counted(len(plan.labels), 'label', 'labels')}" if plan.labels else ""
    out.say(f"{images}{labels}: {counts}")
    for note in plan.notes:
        out.say(note["message"])
    for name, each in plan.defaults.items():
        if each["used"]:
            out.say(f"{name}: {each['message']}")
    if plan.makes_split:
        out.say("there is no split yet, so one is made: groups whole, labels in proportion")
    if plan.seconds:
        out.say(f"it may take {duration(plan.seconds)}, as the last run like it")


def _resume(args: argparse.Namespace, out: Output) -> int:
    from tlstudio.services.training import resume_training

    with writing(args.project) as project:
        return _follow(resume_training(project, args.run_id, Teller(out)), out)


def watched(handle: RunHandle, out: Output) -> Run:
    """Wait for the end. The first Ctrl-C stops and keeps, the second cancels."""
    asked = 0

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        nonlocal asked
        asked += 1

    before = signal.signal(signal.SIGINT, interrupt)
    told = 0
    try:
        while not handle.join(0.1):
            if asked == told:
                continue
            if told == 0:
                out.say("stopping after this batch, the best is kept; Ctrl-C again cancels")
                handle.stop()
            elif told == 1:
                out.say("cancelling")
                handle.cancel()
            told += 1
    finally:
        signal.signal(signal.SIGINT, before)
    return handle.wait(0)


def _follow(handle: RunHandle, out: Output) -> int:
    run = watched(handle, out)
    found = {**_facts(run, handle.split_made), **_beside(handle.project, run)}
    return tell_end(run, found, out)


def _beside(project: Project, run: Run) -> dict[str, Any]:
    """Where the layers of the kept model came from; the style image of a run that learns one."""
    from tlstudio.services.style_images import style_of
    from tlstudio.services.training import weights_used

    found: dict[str, Any] = {"weights_used": weights_used(project, run.id)}
    return found | ({"style": style_of(project, run.id)} if run.task == Task.STYLE else {})


def layers_text(used: Mapping[str, Any]) -> str:
    """Where the layers of a model came from: "backbone 120 of 122 tensors of resnet18.pth, head
    new"; empty where that is not known."""
    parts = []
    for layer in used.get("layers", []):
        origin = "new"
        if layer["source"] == "weights":
            total = layer["matched"] + layer["missing"]
            origin = f"{layer['matched']} of {total} tensors of {used.get('label') or 'a file'}"
        parts.append(f"{layer['part']} {origin}")
    return ", ".join(parts)


def tell_end(run: Run, found: dict[str, Any], out: Output) -> int:
    """What became of the run, with `found` in JSON; the exit status."""
    if run.state is RunState.DONE:
        out.answer(found)
        _tell_run(run, found, out)
        return 0
    error = run.error or {"code": "command.run_cancelled", "params": {"run": run.id}}
    params = dict(error.get("params") or {})
    message = render(error["code"], params)
    file = params.get("file")
    if params.get("details") and not out.as_json:
        out.say(f"the end of {params.get('log', 'its log')}:\n{params['details']}")
    out.error(error["code"], message, str(file) if file else None, **found)
    return 1 if error["code"] == "training.crashed" else 2


def _facts(run: Run, split_made: bool) -> dict[str, Any]:
    return {
        "run": run.id,
        "state": run.state.value,
        "ended": run.ended.value if run.ended else None,
        "seconds": run.seconds,
        "epochs": run.epochs,
        "metrics": run.metrics,
        "best": run.to_json()["best"],
        "split_made": split_made,
        "device": run.device,
        "warnings": [
            {**warning, "message": render(warning["code"], warning.get("params") or {})}
            for warning in run.warnings
        ],
    }


def _tell_run(run: Run, found: Mapping[str, Any], out: Output) -> None:
    ended = {"completed": "came to its end", "early": "stopped early: no longer better"}
    ended |= {"time": "stopped by the time limit", "user": "stopped on request"}
    words = ended.get(run.ended.value if run.ended else "", run.state.value)
    epochs = counted(run.epochs, "epoch", "epochs")
    out.text(f"{run.id}: {words} after {epochs}, {duration(run.seconds or 0)}")
    if layers := layers_text(found.get("weights_used") or {}):
        out.text(f"layers: {layers}")
    if run.best:
        when = "the probe" if run.best.epoch == 0 else f"epoch {run.best.epoch}"
        least = "lowest" if run.best.metric.endswith("loss") else "best"
        out.text(f"{least} {run.best.metric} on validation: {run.best.value:.3f} (after {when})")
    out.table(("validation figure", "value"), [(n, round(v, 3)) for n, v in run.metrics.items()])
    out.warn(run.warnings)


def _runs(args: argparse.Namespace, out: Output) -> None:
    from tlstudio.services.projects import open_project
    from tlstudio.services.training import list_runs

    with open_project(args.project) as project:
        found = list_runs(project)
        rows = [{**run.to_json(), **_beside(project, run)} for run in found]
    out.answer({"runs": rows})
    out.table(
        ("run", "model", "state", "epochs", "time", "best on validation", "weights", "layers"),
        [
            (
                run.id,
                _named(row),
                run.state.value,
                run.epochs,
                duration(run.seconds or 0),
                f"{run.best.metric} {figure(run.best.value)}" if run.best else "-",
                run.weights,
                layers_text(row["weights_used"]) or "-",
            )
            for run, row in zip(found, rows, strict=True)
        ],
    )


def _named(row: dict[str, Any]) -> str:
    """The model, and the style it has learned where that is what it does."""
    label = (row.get("style") or {}).get("label")
    return f"{row['model']} ({label})" if label else str(row["model"])


class Teller:
    """Events of the run as lines on stderr."""

    def __init__(self, out: Output) -> None:
        self._out = out

    def __call__(self, event: Event) -> None:
        if self._out.events:
            self._out.event(event)
        elif isinstance(event, Progressed):
            self._progress(event)
        elif isinstance(event, EpochEnded):
            self._epoch(event)
        elif isinstance(event, Remark):
            self._out.say(f"{event.level}: {render(event.code, event.params)}")
        elif isinstance(event, Started) and event.device:
            reason = render(event.device_reason, {}) if event.device_reason else ""
            self._out.say(f"computing on {event.device}: {reason}" if reason else event.device)

    def _progress(self, event: Progressed) -> None:
        words = render(event.stage, {})
        if event.epoch is not None and event.epochs:
            words += f", epoch {event.epoch} of {event.epochs}"
        left = event.seconds_left
        more = f", {duration(left)} left" if left is not None else ""
        self._out.live(words, event.done, event.total, more)

    def _epoch(self, event: EpochEnded) -> None:
        name = "probe" if event.epoch == 0 else f"epoch {event.epoch}/{event.epochs}"
        values = [f"{n} {event.values[n]:.3f}" for n in _SHOWN if n in event.values]
        best = "  (best so far)" if event.best else ""
        self._out.say(f"{name}: {'  '.join(values)}{best}")
