"""The verb compare: two runs on the same images."""

from __future__ import annotations

import argparse
from typing import Any

from tlstudio.cli.data import tell_leaks
from tlstudio.cli.output import Output, figure
from tlstudio.cli.results import PER_LABEL, of_site, where_argument
from tlstudio.cli.verbs import Verbs, project_argument, reading
from tlstudio.domain.texts import counted

_SHOWN = 20


def add(verbs: Verbs) -> None:
    compare = verbs.add("compare", "Which of two runs is better on the same images.", _compare)
    project_argument(compare)
    compare.add_argument("first", metavar="RUN", help="id of a run, latest, or best")
    compare.add_argument("second", metavar="RUN", help="the run it is compared with")
    compare.add_argument("--split", default="test", choices=("test", "val"))
    where_argument(compare)
    compare.add_argument(
        "--allow-leaks",
        action="store_true",
        help="compare over images that a run has learned from, and say which run has",
    )


def _compare(args: argparse.Namespace, out: Output) -> None:
    from tlstudio.services.comparing import compare

    with reading(args.project) as project:
        found = compare(
            project,
            args.first,
            args.second,
            args.split,
            where=args.where,
            allow_leaks=args.allow_leaks,
            progress=out.progress,
        ).to_json()
    out.answer(found)
    tell_comparison(found, out)


def tell_comparison(found: dict[str, Any], out: Output) -> None:
    """The sentence, the figures of both, the labels, the images on which they differ."""
    out.text(f"{found['first']} and {found['second']} on {found['split']}{of_site(found)}")
    out.text(f"{found['headline']}: {found['answer']['message']}")
    if found["meaning"]:
        out.text(found["meaning"]["message"])
    for name, (one, two) in found["settings"].items():
        out.text(f"  {name}: {one} in the first, {two} in the second")
    out.text()
    heads = ("figure", found["first"], found["second"], "difference (95 % interval)", "better")
    out.table(heads, [_cells(name, row, found) for name, row in found["overall"].items()])
    out.text()
    _tell_labels(found, out)
    _tell_images(found, out)
    for run, leaks in found["leaks"].items():
        if leaks:
            out.text(f"{run} has learned from these images; its figures flatter:")
            tell_leaks(out, leaks)
    for warning in found["warnings"]:
        out.text(f"warning: {warning['message']}")


def _cells(name: str, row: dict[str, Any], found: dict[str, Any]) -> tuple[object, ...]:
    ahead = found[row["better"]] if row["better"] else "-"
    return (name, figure(row["first"]), figure(row["second"]), _difference(row), ahead)


def _difference(row: dict[str, Any]) -> str:
    """ "+0.04 (+0.01 to +0.07)"; "-" where there is no figure."""
    if row["difference"] is None:
        return "-"
    value = f"{row['difference']:+.2f}"
    if row["interval"] is None:
        return value
    low, high = row["interval"]
    return f"{value} ({low:+.2f} to {high:+.2f})"


def _tell_labels(found: dict[str, Any], out: Output) -> None:
    """The difference of each figure, a row per label."""
    per_label = found["per_label"]
    first: dict[str, Any] = next(iter(per_label.values()), {"figures": {}})
    counted = [name for name in ("objects", "images") if name in first]
    names = [name for name in PER_LABEL if name in first["figures"]]
    out.table(
        ("label", *counted, *names),
        [
            (
                label,
                *(row[name] for name in counted),
                *(_difference(row["figures"][name]) for name in names),
            )
            for label, row in per_label.items()
        ],
    )


def _tell_images(found: dict[str, Any], out: Output) -> None:
    rows = found["differing"]
    better = sum(row["gain"] > 0 for row in rows)
    worse = sum(row["gain"] < 0 for row in rows)
    out.text()
    out.text(
        f"they differ on {counted(len(rows), 'image', 'images')}: {found['second']} is better on"
        f" {better:,}, {found['first']} on {worse:,}"
    )
    if not rows:
        return
    out.table(
        ("image", "gain", *(("truth",) if "truth" in rows[0] else ()), "first", "second"),
        [
            (
                row["path"],
                f"{row['gain']:+.2f}",
                *((row["truth"],) if "truth" in row else ()),
                _seen(row["first"]),
                _seen(row["second"]),
            )
            for row in rows[:_SHOWN]
        ],
    )
    if len(rows) > _SHOWN:
        out.text(f"and {len(rows) - _SHOWN:,} more; --json lists all")


def _seen(facts: dict[str, Any]) -> str:
    if "label" in facts:
        return f"{facts['label']} {facts['confidence']:.0%}"
    if "errors" in facts:
        return counted(facts["errors"], "error", "errors")
    return "-" if facts["dice"] is None else f"Dice {facts['dice']:.2f}"
