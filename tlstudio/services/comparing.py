"""Two finished runs on the same images: which is better, by how much, and where they differ.

found = compare(project, "r0001", "r0002", where="tag:site B")
found.answer   # a message with its parameters: better, worse, no clear difference, ...
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import Split
from tlstudio.domain.leaks import Leak
from tlstudio.domain.notices import Notice
from tlstudio.domain.progress import Cancel, Progress, Step, silent
from tlstudio.domain.runs import Run
from tlstudio.domain.tasks import HEADLINES, Task
from tlstudio.services._compared_figures import compared, told
from tlstudio.services._compared_images import ImagePair, differing
from tlstudio.services._compared_sets import Common, check_alike, common_images
from tlstudio.services._compared_words import answer, meaning
from tlstudio.services._evaluation_sets import items_of, no_images, unreadable
from tlstudio.services._evaluation_tasks import Asked, Made, assemble
from tlstudio.services._kept_models import Answers, KeptModel, Line, ask, kept_model
from tlstudio.services._learning_rows import filled

if TYPE_CHECKING:
    from tlstudio.storage.project import Project

__all__ = ["ImagePair", "RunComparison", "compare"]

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RunComparison:
    """Two runs on the same images.

    `sides` are the figures of each on these images, as `evaluate` gives them. `overall` has for
    each figure first, second, difference (the second less the first), low, high (None together),
    method, and `better`: "first" or "second" where the interval excludes 0, else None;
    `per_label` a row per label with its figures likewise. `answer` says in one sentence how the
    `headline` differs, `meaning` what that says of the augmentation against other sites' looks,
    where one run alone had it. `settings` are those in which the runs differ, by name.
    `differing` are the images whose answers differ, those that say most first. With anything in
    `leaks` (by run) the figures flatter.
    """

    first: Run
    second: Run
    split: str
    where: str | None
    held_out: str | None
    task: str
    images: int
    groups: int
    differ: int
    headline: str
    sides: tuple[Made, Made]
    overall: dict[str, dict[str, Any]]
    per_label: list[dict[str, Any]]
    answer: Notice
    meaning: Notice | None
    settings: dict[str, tuple[Any, Any]]
    differing: Sequence[ImagePair] = ()
    leaks: Mapping[str, Sequence[Leak]] = field(default_factory=dict)
    notices: Sequence[Notice] = ()

    def to_json(self) -> dict[str, Any]:
        """The keys of the verb `compare`:

        first, second (ids of the runs), task, split, where, held_out (the site that all
        test images are of and nothing was learned from), images, groups, groups_differing,
        headline (name of the figure), answer {code, params, message}, meaning likewise or null,
        better ("first", "second"
        or null, of the headline), overall {figure: {first, second, difference, interval, method,
        better}}, per_label {label: {images or objects, figures: as overall}}, settings {name:
        [first, second]}, differing [{image, path, gain, first, second}], leaks {run: [...]},
        warnings [...].
        """
        return {
            "first": self.first.id,
            "second": self.second.id,
            "task": self.task,
            "split": self.split,
            "where": self.where,
            "held_out": self.held_out,
            "images": self.images,
            "groups": self.groups,
            "groups_differing": self.differ,
            "headline": self.headline,
            "answer": self.answer.to_json(),
            "meaning": self.meaning.to_json() if self.meaning else None,
            "better": self.overall[self.headline]["better"],
            "overall": {name: _row_json(row) for name, row in self.overall.items()},
            "per_label": {
                row["label"]: {
                    **{name: row[name] for name in ("images", "objects") if name in row},
                    "figures": {name: _row_json(each) for name, each in row["figures"].items()},
                }
                for row in self.per_label
            },
            "settings": {name: list(pair) for name, pair in self.settings.items()},
            "differing": [each.to_json() for each in self.differing],
            "leaks": {run: [leak.to_json() for leak in found] for run, found in self.leaks.items()},
            "warnings": [notice.to_json() for notice in self.notices],
        }


def _row_json(row: Mapping[str, Any]) -> dict[str, Any]:
    pair = None if row["low"] is None else [row["low"], row["high"]]
    kept = {name: row[name] for name in ("first", "second", "difference")}
    return {**kept, "interval": pair, "method": row["method"], "better": row["better"]}


def compare(
    project: Project,
    first: str,
    second: str,
    split: str = "test",
    *,
    where: str | None = None,
    allow_leaks: bool = False,
    progress: Progress = silent,
    cancel: Cancel | None = None,
) -> RunComparison:
    """Judge two runs on the same images of `test` or `val`; `where` leaves those of one site.

    Detectors are judged each at its own threshold. Images that either cannot read are left out
    and counted; synthetic ones are never in it. Raises UserError: compare.* where it would not be
    fair, evaluation.no_images, evaluation.none_of_site, site.text, site.unknown,
    training.no_best, project.no_run; Cancelled.
    """
    if split not in (Split.TEST, Split.VAL):
        raise UserError("compare.split", name=split)
    one, two = kept_model(project, first), kept_model(project, second)
    check_alike(project, one, two)
    common = common_images(project, (one, two), split, where, cancel, allow_leaks=allow_leaks)
    rows, lines, notices = _answers(project, (one, two), common, split, where, progress, cancel)
    ordered = replace(two, labels=one.labels)
    lines[1] = [_reordered(line, two, one) for line in lines[1]]
    full = list(filled(project, rows))
    asked = [
        Asked(kept, full, each, common.labels, None, progress, cancel)
        for kept, each in ((one, lines[0]), (ordered, lines[1]))
    ]
    sides = (assemble(asked[0]), assemble(asked[1]))
    progress(Step("compare.stage.resampling", 0, None))
    found = compared(one, ordered, sides, asked[0].groups)
    headline = HEADLINES[Task(one.run.task)]
    settings = _settings(one.run, two.run)
    return RunComparison(
        first=one.run,
        second=two.run,
        split=split,
        where=where,
        held_out=common.held_out,
        task=one.run.task,
        images=found.images,
        groups=found.groups,
        differ=found.differ,
        headline=headline,
        sides=sides,
        overall=told(found.overall),
        per_label=[
            {**_counted(row), "figures": told(each)}
            for row, each in zip(sides[0].per_label, found.per_label, strict=True)
        ],
        answer=answer(one.run.id, two.run.id, found, headline),
        meaning=meaning(settings, found, headline),
        settings=settings,
        differing=differing(one.task, sides),
        leaks=common.leaks,
        notices=[*common.notices, *notices, *_ends(one.run, two.run)],
    )


def _answers(
    project: Project,
    pair: tuple[KeptModel, KeptModel],
    common: Common,
    split: str,
    where: str | None,
    progress: Progress,
    cancel: Cancel | None,
) -> tuple[list[Row], list[list[Line]], list[Notice]]:
    """Rows and both models' lines of the images that both can read."""
    items = items_of(project, common.rows)
    told: list[Answers] = [ask(project, kept, items, progress, cancel, keep=True) for kept in pair]
    fewest = min(told, key=lambda answers: len(answers.lines))
    rows = [
        row for row in common.rows if all(str(row["image"]) in answers.lines for answers in told)
    ]
    if not rows:
        raise no_images(split, where)
    lines = [[answers.lines[str(row["image"])] for row in rows] for answers in told]
    return rows, lines, unreadable(fewest, items)


def _reordered(line: Line, was: KeptModel, now: KeptModel) -> Line:
    """Probabilities in the other run's order of labels; boxes and regions carry their label."""
    if "probabilities" not in line:
        return line
    place = {label: k for k, (label, _name) in enumerate(was.labels)}
    values = line["probabilities"]
    return {**line, "probabilities": [values[place[label]] for label, _name in now.labels]}


def _counted(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("label", "images", "objects") if name in row}


def _settings(first: Run, second: Run) -> dict[str, tuple[Any, Any]]:
    """What the runs were told differently."""
    one, two = (
        {"model": run.model, "weights": run.weights, **run.recipe} for run in (first, second)
    )
    names = [*one, *(name for name in two if name not in one)]
    return {n: (one.get(n), two.get(n)) for n in names if one.get(n) != two.get(n)}


def _ends(first: Run, second: Run) -> list[Notice]:
    """A remark where one run was cut short: the other had more time to learn."""
    cut = [run.ended is not None and run.ended.value in ("user", "time") for run in (first, second)]
    if cut == [False, False]:
        return []
    facts: dict[str, object] = {
        "first": first.id,
        "first_epochs": first.epochs,
        "second": second.id,
        "second_epochs": second.epochs,
    }
    return [Notice("compare.unequal_time", facts)]
