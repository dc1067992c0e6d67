"""The verb stylize: pictures in the look of others, or of a style that a run has learned."""

from __future__ import annotations

import argparse
import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from tlstudio.cli.output import Output
from tlstudio.cli.styling_words import Teller, tell_batch, tell_restyled
from tlstudio.cli.verbs import Verbs, listed, reading, writing
from tlstudio.domain.errors import Cancelled, UserError
from tlstudio.domain.images import Split
from tlstudio.domain.messages import render
from tlstudio.domain.progress import Cancel
from tlstudio.domain.recipe import Field
from tlstudio.domain.styling import StyleSettings, StyleSource

if TYPE_CHECKING:
    from tlstudio.services.projects import Project
    from tlstudio.services.style_batch import Adding, BatchReport, StyleBatch

NO_REGION = "-"


def add(verbs: Verbs) -> None:
    stylize = verbs.add("stylize", "Paint pictures in the look of others.", _stylize)
    stylize.add_argument(
        "content", metavar="CONTENT", type=Path, help="the picture to keep, or a folder of them"
    )
    stylize.add_argument(
        "styles", metavar="STYLE", nargs="*", type=Path, help="whose look is taken; several mix"
    )
    stylize.add_argument(
        "--out", metavar="FILE|DIR", type=Path, help="never one of the pictures it is made from"
    )
    stylize.add_argument(
        "--mix", metavar="A,B", help="the styles' shares, such as 2,1 (default: equal)"
    )
    stylize.add_argument(
        "--region",
        metavar="FILE",
        nargs="+",
        default=[],
        help="for each style a grey picture, white where it goes, or - for all of the content",
    )
    stylize.add_argument("--frame", type=int, metavar="N", help="frame or page of CONTENT, from 1")
    stylize.add_argument(
        "--weights", default="default", metavar="default|FILE", help="of the feature network"
    )
    stylize.add_argument(
        "--model", metavar="RUN", help="use the style that this run of --project has learned"
    )
    stylize.add_argument(
        "--project", metavar="PROJECT", type=Path, help="keep the pictures in its history"
    )
    stylize.add_argument(
        "--add", action="store_true", help="add them to the project, marked as made here"
    )
    stylize.add_argument(
        "--with-labels", action="store_true", help="with --add: copy the annotations too"
    )
    stylize.add_argument(
        "--split", choices=(Split.TRAIN.value,), help="with --add: learn from them"
    )
    for each in StyleSettings.fields():
        words = render(f"styling.{each.name}.help", {}).replace("%", "%%")
        stylize.add_argument(
            f"--{each.name.replace('_', '-')}",
            dest=f"set_{each.name}",
            metavar=_values(each),
            help=f"{words} Default: {each.default}.",
        )
    stylize.add_argument(
        "--set",
        dest="settings",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="any of these settings by name; may be given again and again",
    )


def _values(each: Field) -> str:
    return "|".join(each.choices) or each.unit.upper() or ("A,B" if each.kind == "text" else "N")


def _settings(args: argparse.Namespace) -> StyleSettings:
    found: dict[str, object] = {}
    for text in args.settings:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise UserError("command.set", text=text)
        found[name.strip()] = value.strip()
    for each in StyleSettings.fields():
        if (value := getattr(args, f"set_{each.name}")) is not None:
            found[each.name] = value
    return StyleSettings.read(found)


def _sources(args: argparse.Namespace) -> list[StyleSource]:
    """The styles with their shares and regions. UserError: styling.mix, styling.regions."""
    count = len(args.styles)
    shares = listed(args.mix) or ["1"] * count
    regions: list[str] = args.region or [NO_REGION] * count
    try:
        weights = [float(share) for share in shares]
    except ValueError:
        weights = []
    if len(weights) != count:
        raise UserError("styling.mix", mix=args.mix, styles=count)
    if len(regions) != count:
        raise UserError("styling.regions", regions=len(regions), styles=count)
    return [
        StyleSource(
            str(style.expanduser().absolute()),
            weight=weight,
            region=None if region == NO_REGION else str(Path(region).expanduser().absolute()),
        )
        for style, weight, region in zip(args.styles, weights, regions, strict=True)
    ]


def _stylize(args: argparse.Namespace, out: Output) -> int:
    if args.project is None and (args.add or args.model):
        raise UserError("styling.no_project", option="--add" if args.add else "--model")
    if args.out is None and (args.project is None or args.model):
        raise UserError("styling.no_out")
    if args.model is not None:
        return _restyle(args, out)
    settings, sources = _settings(args), _sources(args)
    with _project(args, writes=True) as project:
        from tlstudio.services.style_batch import StyleBatch

        frame = None if args.frame is None else max(0, args.frame - 1)
        batch = StyleBatch(
            [args.content],
            sources,
            settings,
            args.out,
            weights=args.weights,
            frame=frame,
            project=project,
            adding=_adding(args),
        )
        begun = time.monotonic()
        report = _followed(batch, out)
        tell_batch(report, settings, time.monotonic() - begun, out)
    return 0


@contextlib.contextmanager
def _project(args: argparse.Namespace, *, writes: bool) -> Iterator[Project | None]:
    if args.project is None:
        yield None
        return
    with (writing if writes else reading)(args.project) as project:
        yield project


def _adding(args: argparse.Namespace) -> Adding | None:
    from tlstudio.services.style_batch import Adding

    if not args.add:
        return None
    return Adding(args.with_labels, Split(args.split) if args.split else None)


def _followed(batch: StyleBatch, out: Output) -> BatchReport:
    """Wait for the pictures. The first Ctrl-C stops and keeps, the second gives up."""
    teller = Teller(out)
    report: list[BatchReport] = []

    def work() -> None:
        report.append(batch.run(teller, teller.begin))

    def ask(number: int) -> None:
        if number == 1:
            out.say("stopping, the picture is kept as it is; Ctrl-C again gives it up")
            batch.stop()
        else:
            batch.cancel()

    _watched(work, ask)
    return report[0]


def _watched(work: Callable[[], None], ask: Callable[[int], None]) -> None:
    """Do `work` on a thread while this one listens for Ctrl-C: `ask` is told how many there
    were. What `work` raises is raised."""
    failed: list[BaseException] = []
    asked = told = 0

    def run() -> None:
        try:
            work()
        except BaseException as error:
            failed.append(error)

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        nonlocal asked
        asked += 1

    thread = threading.Thread(target=run, name="stylize", daemon=True)
    before = signal.signal(signal.SIGINT, interrupt) if _is_main() else None
    thread.start()
    try:
        while thread.is_alive():
            thread.join(0.1)
            if asked > told:
                told += 1
                ask(told)
    finally:
        if before is not None:
            signal.signal(signal.SIGINT, before)
    if failed:
        raise failed[0]


def _is_main() -> bool:
    return threading.current_thread() is threading.main_thread()


def _of_optimisation(args: argparse.Namespace) -> list[str]:
    """The options that were given and have no sense for a style that is learned already."""
    names = [field.name for field in StyleSettings.fields()]
    given = [f"--{name.replace('_', '-')}" for name in names if getattr(args, f"set_{name}")]
    others = {
        "--set": args.settings,
        "--mix": args.mix,
        "--region": args.region,
        "--frame": args.frame,
        "--weights": args.weights != "default",
    }
    return [*given, *(name for name, value in others.items() if value)]


def _restyle(args: argparse.Namespace, out: Output) -> int:
    """Pictures in the style of a run. Ctrl-C ends it; those that are made stay."""
    from tlstudio.services.restyling import RestyleReport, restyle
    from tlstudio.services.style_batch import add_restyled

    if args.styles:
        raise UserError("styling.styles_and_model")
    if given := _of_optimisation(args):
        raise UserError("styling.options_and_model", options=", ".join(given))
    cancel = Cancel()
    reports: list[RestyleReport] = []
    with _project(args, writes=args.add) as project:
        assert project is not None
        begun = time.monotonic()

        def work() -> None:
            made = restyle(
                project,
                args.model,
                [args.content],
                args.out,
                progress=out.progress,
                cancel=cancel,
            )
            reports.append(made)

        try:
            _watched(work, lambda _number: cancel.set())
        except Cancelled:
            raise UserError("styling.cancelled", file=str(args.out)) from None
        (report,) = reports
        adding = _adding(args)
        added = add_restyled(project, report, adding) if adding is not None else None
        tell_restyled(report, added, time.monotonic() - begun, out)
    return 0
