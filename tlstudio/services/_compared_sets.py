"""On which images two runs can be compared fairly, and what has to be said of the choice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import Split
from tlstudio.domain.labels import Label
from tlstudio.domain.leaks import Leak
from tlstudio.domain.notices import Notice
from tlstudio.domain.progress import Cancel
from tlstudio.domain.tasks import HEADLINES
from tlstudio.services import _evaluation_leaks as leak_search
from tlstudio.services._evaluation_sets import (
    held_out_site,
    no_images,
    of_known_labels,
    sets,
)
from tlstudio.services._kept_models import KeptModel
from tlstudio.storage import snapshots

if TYPE_CHECKING:
    from tlstudio.storage.project import Project

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Common:
    """The images that both runs are asked about, as rows of a snapshot; `leaks` by run;
    `held_out` is the site that neither has learned from."""

    rows: list[Row]
    labels: Sequence[Label]
    leaks: dict[str, list[Leak]]
    notices: list[Notice] = field(default_factory=list)
    held_out: str | None = None


def check_alike(project: Project, first: KeptModel, second: KeptModel) -> None:
    """Refuse two runs whose figures do not measure the same.

    Raises UserError: compare.same_run, compare.tasks, compare.no_figures, compare.labels,
    compare.kinds.
    """
    one, two = first.run.id, second.run.id
    if one == two:
        raise UserError("compare.same_run", run=one)
    if first.task is not second.task:
        raise UserError(
            "compare.tasks",
            first=one,
            first_task=first.task.value,
            second=two,
            second_task=second.task.value,
        )
    if first.task not in HEADLINES:
        raise UserError("compare.no_figures", run=one)
    lonely = sorted(set(first.labels) ^ set(second.labels))
    if lonely:
        names = ", ".join(name for _id, name in lonely)
        raise UserError("compare.labels", first=one, second=two, names=names)
    kinds = [_header(project, kept)["from"] for kept in (first, second)]
    if kinds[0] != kinds[1]:
        raise UserError(
            "compare.kinds", first=one, first_kinds=kinds[0], second=two, second_kinds=kinds[1]
        )


def _header(project: Project, kept: KeptModel) -> dict[str, Any]:
    return next(snapshots.walk_snapshot(project, kept.run.snapshot or ""))


def common_images(
    project: Project,
    pair: tuple[KeptModel, KeptModel],
    split: str,
    where: str | None,
    cancel: Cancel | None,
    *,
    allow_leaks: bool,
) -> Common:
    """The images of the split that both runs are judged on.

    Raises UserError: compare.leak unless `allow_leaks`, compare.no_common, evaluation.no_images,
    evaluation.none_of_site, site.text, site.unknown; Cancelled.
    """
    found = [sets(project, kept, split, where) for kept in pair]
    labels = found[0].labels
    rows, notices = _in_both(pair, [each.tested for each in found], split, where)
    rows, unknown = of_known_labels(pair[0], rows, labels)
    notices += unknown
    if not rows:
        raise no_images(split, where)
    leaks: dict[str, list[Leak]] = {}
    alike: dict[str, set[int]] = {}
    for kept, each in zip(pair, found, strict=True):
        blocking, near = leak_search.find(rows, each.learned, Split(split), cancel)
        notices += [notice for notice in each.notices if notice not in notices]
        leaks[kept.run.id] = blocking
        if blocking and not allow_leaks:
            facts = leak_search.facts(Split(split), blocking)
            raise UserError("compare.leak", run=kept.run.id, **facts)
        alike[kept.run.id] = {image for leak in near for image in leak.images}
    notices += _near(alike, rows, split)
    notices += _seen_by_one(pair, leaks, rows)
    notices += _other_images(pair, [each.learned for each in found])
    site = held_out_site(project, found) if split == Split.TEST else None
    return Common(rows, labels, leaks, notices, site)


def _in_both(
    pair: tuple[KeptModel, KeptModel], tested: list[list[Row]], split: str, where: str | None
) -> tuple[list[Row], list[Notice]]:
    """Rows of the images that both are asked about, with the same truth."""
    one, two = ({row["image"]: row for row in rows} for rows in tested)
    both = [image for image in one if image in two]
    if (one or two) and not both:
        names = {"first": pair[0].run.id, "second": pair[1].run.id}
        raise no_images(split, where) if where else UserError("compare.no_common", **names)
    same = [image for image in both if one[image]["annotations"] == two[image]["annotations"]]
    counted = {
        "compare.not_common": len(one) + len(two) - 2 * len(both),
        "compare.truth_changed": len(both) - len(same),
    }
    notices = [Notice(code, {"count": count}) for code, count in counted.items() if count]
    return [one[image] for image in same], notices


def _near(alike: dict[str, set[int]], rows: list[Row], split: str) -> list[Notice]:
    """A remark where images look nearly like some that a run has learned from."""
    asked = {row["image"] for row in rows}
    counts = {run: len(images & asked) for run, images in alike.items()}
    if len(set(counts.values())) == 1 and all(counts.values()):
        counts = {" and ".join(counts): next(iter(counts.values()))}
    return [
        Notice("compare.near", {"runs": runs, "split": split, "count": count})
        for runs, count in counts.items()
        if count
    ]


def _seen_by_one(
    pair: tuple[KeptModel, KeptModel], leaks: dict[str, list[Leak]], rows: list[Row]
) -> list[Notice]:
    """A remark for each run that alone has seen images that both are judged on."""
    asked = {row["image"] for row in rows}
    seen = [
        {image for leak in leaks[kept.run.id] for image in leak.images} & asked for kept in pair
    ]
    alone = (seen[0] - seen[1], seen[1] - seen[0])
    return [
        Notice("compare.seen_by_one", {"run": kept.run.id, "count": len(images)})
        for kept, images in zip(pair, alone, strict=True)
        if images
    ]


def _other_images(
    pair: tuple[KeptModel, KeptModel], learned: Sequence[Sequence[Row]]
) -> list[Notice]:
    one, two = ({row["image"] for row in rows if row["split"] == "train"} for rows in learned)
    if one == two:
        return []
    facts: dict[str, object] = {
        "first": pair[0].run.id,
        "second": pair[1].run.id,
        "first_only": len(one - two),
        "second_only": len(two - one),
    }
    return [Notice("compare.other_images", facts)]
