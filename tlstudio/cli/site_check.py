"""The verb site-check: does a setting help on a site the model has never seen."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tlstudio.cli.comparing import tell_comparison
from tlstudio.cli.data import tell_split
from tlstudio.cli.output import Output
from tlstudio.cli.training import (
    Teller,
    optional_settings,
    recipe_options,
    settings_of,
    tell_end,
    watched,
)
from tlstudio.cli.verbs import Verbs, project_argument, writing
from tlstudio.domain.errors import UserError
from tlstudio.domain.runs import Ended, Run, RunState
from tlstudio.domain.tasks import LABELLED

if TYPE_CHECKING:
    from tlstudio.services.comparing import RunComparison
    from tlstudio.services.projects import Project
    from tlstudio.services.training import TrainRequest


def add(verbs: Verbs) -> None:
    check = verbs.add(
        "site-check",
        "Hold a site out, train without and with a setting, and say which is better there.",
        _check,
    )
    project_argument(check)
    check.add_argument(
        "--hold-out",
        metavar="SITE",
        required=True,
        help="the site: tag:NAME, group:PATTERN (of the groups' names) or folder:NAME",
    )
    check.add_argument("--model", required=True, metavar="ID", help="see `tlstudio models`")
    check.add_argument("--task", choices=tuple(task.value for task in LABELLED))
    check.add_argument("--from", dest="source_kind", metavar="KIND", help="as of `tlstudio train`")
    check.add_argument("--weights", default="default", metavar="default|none|FILE|run:ID")
    check.add_argument(
        "--set",
        dest="tried",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="what only the second run of a pair has (default: look_augmentation=colour)",
    )
    check.add_argument(
        "--both",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="a setting that both runs have",
    )
    check.add_argument(
        "--seeds", type=int, default=1, metavar="N", help="pairs of runs, each with its own seed"
    )
    recipe_options(check)


def _check(args: argparse.Namespace, out: Output) -> int:
    from tlstudio.services.comparing import compare
    from tlstudio.services.site_check import USUAL, SiteCheck, checked, summed
    from tlstudio.services.splitting import hold_out_site
    from tlstudio.services.training import TrainRequest

    request = TrainRequest(
        model=args.model,
        task=args.task,
        weights=args.weights,
        settings={**settings_of(args.both), **optional_settings(args)},
        source_kind=args.source_kind,
    )
    tried = settings_of(args.tried) or dict(USUAL)
    check = SiteCheck(args.hold_out, request, tried, args.seeds)
    found: list[RunComparison] = []
    with writing(args.project) as project:
        check = checked(project, check)
        split = hold_out_site(project, check.site).to_json()
        tell_split(out, split)
        trained: list[str] = []
        for pair in check.requests():
            for each, words in zip(pair, (_words({}), _words(tried)), strict=True):
                out.say(f"run {len(trained) + 1} of {2 * args.seeds}: {words}")
                run = _trained(project, each, out, trained)
                if isinstance(run, int):
                    return run
                trained.append(run.id)
            found.append(compare(project, *trained[-2:], progress=out.progress))
    total = summed(found).to_json()
    told = [each.to_json() for each in found]
    out.answer(
        {
            "site": check.site,
            "split": split,
            "tried": dict(tried),
            **total,
            "comparisons": told,
        }
    )
    for comparison in told:
        out.text()
        tell_comparison(comparison, out)
    if len(told) > 1:
        out.text()
        out.text(f"{total['headline']}: {total['answer']['message']}")
    return 0


def _words(tried: Mapping[str, object]) -> str:
    return "with " + ", ".join(f"{n}={v}" for n, v in tried.items()) if tried else "without it"


def _trained(project: Project, request: TrainRequest, out: Output, before: list[str]) -> Run | int:
    """The run, once it has come to its end; an exit status where it failed.

    Raises UserError("site.check_stopped") where a person ended it.
    """
    from tlstudio.services.training import start_training

    handle = start_training(project, request, Teller(out))
    run = watched(handle, out)
    if run.state is RunState.CANCELLED or run.ended is Ended.USER:
        kept = [*before, *([run.id] if run.state is RunState.DONE else [])]
        raise UserError("site.check_stopped", run=run.id, runs=", ".join(kept) or "nothing")
    if run.state is not RunState.DONE:
        facts: dict[str, Any] = {"run": run.id, "state": run.state.value, "trained": before}
        return tell_end(run, facts, out)
    return run
