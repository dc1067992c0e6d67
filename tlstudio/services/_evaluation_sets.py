"""Which images a run's figures are made on, and what it had learned from before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import Split
from tlstudio.domain.labels import Label
from tlstudio.domain.notices import Notice
from tlstudio.domain.tasks import Task
from tlstudio.services._evaluation_tasks import known_rows
from tlstudio.services._kept_models import Answers, Item, KeptModel
from tlstudio.services._learning_notices import LEFT_OUT
from tlstudio.services._learning_set import LearningSet, gather
from tlstudio.services._lineage import each_once, learned_before, with_groups_of_today
from tlstudio.services.sites import held_out, site_images
from tlstudio.storage import images as _images
from tlstudio.storage import labels as _labels
from tlstudio.storage import learning_rows, paths, snapshots
from tlstudio.storage.learning_rows import ImageFacts

if TYPE_CHECKING:
    from tlstudio.storage.project import Project

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sets:
    """The images asked about, those learned from before, by the run or by one that its weights
    come from, and the labels there are. `unknown` are runs before whose images nobody knows any
    more, which the `notices` say, as they say which images of the split are not fit."""

    tested: list[Row]
    learned: list[Row]
    labels: Sequence[Label]
    unknown: tuple[str, ...] = ()
    notices: list[Notice] = field(default_factory=list)


def sets(project: Project, kept: KeptModel, split: str, where: str | None = None) -> Sets:
    """What the run is asked about, and what it knows.

    `test` is what the project holds as test now; `val` and `train` are the run's own images.
    `where` names a site that the images asked about must be of; none of them is synthetic.
    """
    header, known = snapshots.read_snapshot(project, kept.run.snapshot or "")
    with project.read() as db:
        labels = _labels.all_labels(db)
    notices: list[Notice] = []
    if split == Split.TEST:
        found = _test_images(project, header, where)
        tested, notices = found.rows, [n for n in found.notices if n.code.startswith(LEFT_OUT)]
        chosen = {"train", "val"}
    else:
        tested = [row for row in known if row["split"] == split]
        chosen = {"train"} if split == Split.VAL else set()
    if not chosen:
        return Sets(_asked(project, tested, where), [], labels)
    before = learned_before(project, kept.run.weights)
    learned = [row for row in (*known, *before.rows) if row["split"] in chosen]
    learned = with_groups_of_today(project, each_once(learned))
    if split != Split.TEST:
        tested = with_groups_of_today(project, tested)
    facts: dict[str, object] = {"run": kept.run.id, "before": ", ".join(before.unknown)}
    if before.unknown:
        notices.append(Notice("evaluation.run_before_gone", facts))
    return Sets(_asked(project, tested, where), learned, labels, before.unknown, notices)


def _test_images(project: Project, header: Row, where: str | None) -> LearningSet:
    """What the project holds as test now, and what of it is left out."""
    site = site_images(project, where) if where else None

    def among(image: ImageFacts) -> bool:
        asked = site is None or image.id in site
        return image.split == Split.TEST and not image.synthetic and asked

    return gather(project, Task(header["task"]), header["from"], refuse=False, among=among)


def held_out_site(project: Project, found: Sequence[Sets]) -> str | None:
    """The site that is held out, where none of its images was learned from before, as far as
    that is known."""
    if any(each.unknown for each in found):
        return None
    return held_out(project, {row["image"] for each in found for row in each.learned})


def _asked(project: Project, rows: list[Row], where: str | None) -> list[Row]:
    with project.read() as db:
        made_here = _images.synthetic_of(db, [row["image"] for row in rows])
    site = site_images(project, where) if where else None
    return [
        row
        for row in rows
        if row["image"] not in made_here and (site is None or row["image"] in site)
    ]


def no_images(split: str, where: str | None) -> UserError:
    """The refusal where nothing is left to make figures on."""
    if where:
        return UserError("evaluation.none_of_site", split=split, site=where)
    return UserError("evaluation.no_images", split=split)


def of_known_labels(
    kept: KeptModel, tested: list[Row], labels: Sequence[Label]
) -> tuple[list[Row], list[Notice]]:
    """The rows the run can be judged on, and a remark on the others."""
    fit, unknown = known_rows(kept, tested, labels)
    if not unknown:
        return fit, []
    shapes = kept.task is not Task.CLASSIFICATION
    code = "evaluation.unknown_objects" if shapes else "evaluation.unknown_labels"
    return fit, [Notice(code, {"count": unknown, "run": kept.run.id})]


def items_of(project: Project, tested: Sequence[Row]) -> list[Item]:
    """Where the images lie now."""
    with project.read() as db:
        now_at = {image.id: image.path for image in learning_rows.all_images(db)}
    return [
        Item(
            str(row["image"]),
            str(paths.resolve(project.folder, now_at.get(row["image"]) or row["path"])),
            row["sha256"] or "",
            int(row.get("frame") or 0),
        )
        for row in tested
    ]


def unreadable(answers: Answers, items: Sequence[Item]) -> list[Notice]:
    """A remark on the images that could not be read."""
    if not answers.skipped:
        return []
    first = answers.skipped[0]
    where = {item.key: item.path for item in items}
    facts = {
        "count": len(answers.skipped),
        "total": len(items),
        "file": where.get(str(first["key"]), ""),
        "reason": first["code"],
    }
    return [Notice("training.images_left_out", facts)]
