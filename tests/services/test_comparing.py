"""Two runs on the same images: who is ahead, where they differ, and what would not be fair."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import ImageQuery, Split
from tlstudio.domain.messages import MESSAGES
from tlstudio.domain.outcomes import DetectionOutcome, SegmentationOutcome
from tlstudio.domain.tasks import Task
from tlstudio.services import evaluation, labelling
from tlstudio.services.comparing import RunComparison, compare
from tlstudio.services.images import find_images
from tlstudio.services.projects import Project
from tlstudio.storage import images, runs

sys.path.append(str(Path(__file__).parent))
from shapes_story import (
    CELL,
    CORE,
    box,
    boxes,
    divide,
    finished_run,
    paint,
    put,
    regions,
    square,
    teller,
)

Say = Callable[[dict[int, dict[str, Any]]], None]


def seen(right: bool) -> dict[str, Any]:
    """A classifier's line on an image of the first label."""
    return {"probabilities": [0.8, 0.2] if right else [0.3, 0.7]}


class Pair:
    """A project of 60 images of the label a, 30 of them test, and two finished runs; `answer`
    keeps what each says, as an evaluation does."""

    def __init__(self, project: Project, say: Say) -> None:
        self.project, self._say = project, say
        a, b = (labelling.label_named(project, name).id for name in "ab")
        labelling.assign_label(project, list(range(1, 60)), a)
        labelling.assign_label(project, [60], b)
        divide(project, {Split.TRAIN: range(1, 25), Split.VAL: [25, 26, 60],
                         Split.TEST: range(27, 60)})  # fmt: skip
        divide(project, {Split.TRAIN: [60]})
        self.test = find_images(project, ImageQuery(splits=frozenset({"test"})))
        self.runs = [finished_run(project, Task.CLASSIFICATION) for _ in range(2)]

    def answer(self, run: int, wrong: set[int], where: str | None = None) -> None:
        self._say({image: seen(image not in wrong) for image in self.test})
        evaluation.evaluate(self.project, self.runs[run], allow_leaks=True, where=where)

    def compare(self, **options: Any) -> RunComparison:
        return compare(self.project, *self.runs, **options)


@pytest.fixture
def pair(
    project_of: Callable[..., Project], pretend: object, tmp_path: Path, monkeypatch: Any
) -> Pair:
    return Pair(project_of(60, labels=("a", "b")), teller(tmp_path, monkeypatch))


def test_the_better_one_is_told_with_its_gain(pair: Pair) -> None:
    pair.answer(0, wrong=set(pair.test[:14]))
    pair.answer(1, wrong=set(pair.test[13:14]))
    found = pair.compare()
    assert found.answer.code == "compare.better"
    assert found.answer.params["gain"] == "+0.39"
    told = found.to_json()
    assert told["better"] == "second" and told["images"] == 33 and told["groups_differing"] == 13
    row = told["overall"]["accuracy"]
    assert row["second"] - row["first"] == pytest.approx(row["difference"])
    assert row["interval"][0] > 0 and row["better"] == "second"
    turned = compare(pair.project, pair.runs[1], pair.runs[0])
    assert turned.answer.code == "compare.worse"
    assert turned.answer.params["gain"] == "+0.39"
    json.dumps(told)


def test_images_on_which_they_differ(pair: Pair) -> None:
    gained, lost = pair.test[3], pair.test[7]
    pair.answer(0, wrong={gained})
    pair.answer(1, wrong={lost})
    found = pair.compare()
    assert {each.image: each.gain for each in found.differing} == {gained: 1.0, lost: -1.0}
    row = next(r for r in found.to_json()["differing"] if r["image"] == gained)
    assert (row["truth"], row["first"]["label"], row["second"]["label"]) == ("a", "b", "a")
    assert found.answer.code == "compare.unclear"


def test_the_same_answers_are_said_to_be_the_same(pair: Pair) -> None:
    for run in (0, 1):
        pair.answer(run, wrong={pair.test[0]})
    found = pair.compare()
    assert found.answer.code == "compare.same"
    low, high = found.overall["accuracy"]["low"], found.overall["accuracy"]["high"]
    assert low < 0 < high and found.overall["accuracy"]["better"] is None


def test_too_few_groups_are_said(pair: Pair) -> None:
    for start in range(0, 33, 3):
        labelling.set_group(pair.project, pair.test[start : start + 3], f"p{start}")
    pair.runs = [finished_run(pair.project, Task.CLASSIFICATION) for _ in range(2)]
    pair.answer(0, wrong=set(pair.test[:9]))
    pair.answer(1, wrong=set())
    found = pair.compare()
    assert found.answer.code == "compare.too_few" and found.groups == 11
    assert found.overall["accuracy"]["low"] is None


def test_images_of_one_site_alone(pair: Pair) -> None:
    labelling.set_tags(pair.project, pair.test[:10], add=["B"])
    for where in (None, "tag:B"):
        pair.answer(0, wrong=set(pair.test[:6]), where=where)
        pair.answer(1, wrong=set(), where=where)
    found = pair.compare(where="tag:B")
    assert found.images == 10 and found.where == "tag:B"
    assert found.sides[0].metrics["accuracy"] == pytest.approx(0.4)
    alone = evaluation.evaluate(pair.project, pair.runs[0], where="tag:B")
    assert alone.to_json()["images"] == 10 and alone.to_json()["where"] == "tag:B"
    kept = evaluation.stored(pair.project, pair.runs[0])
    assert kept is not None and kept["images"] == 33  # a part does not stand for the whole
    labelling.set_tags(pair.project, [1], add=["A"])
    with pytest.raises(UserError) as caught:
        pair.compare(where="tag:A")
    assert caught.value.code == "evaluation.none_of_site"


def test_leaks_into_either_run_are_refused_and_named(pair: Pair) -> None:
    labelling.set_split(pair.project, pair.test[:4], Split.TRAIN)
    leaky = finished_run(pair.project, Task.CLASSIFICATION)
    labelling.set_split(pair.project, pair.test[:4], Split.TEST)
    pair.runs[1] = leaky
    for run in (0, 1):
        pair.answer(run, wrong=set(pair.test[:run]))
    with pytest.raises(UserError) as caught:
        pair.compare()
    assert caught.value.code == "compare.leak"
    assert (caught.value.params["run"], caught.value.params["identical"]) == (leaky, 4)
    found = pair.compare(allow_leaks=True)
    said = {n.code: n.params for n in found.notices}
    assert said["compare.seen_by_one"] == {"run": leaky, "count": 4}
    assert said["compare.other_images"]["second_only"] == 4
    assert len(found.to_json()["leaks"][leaky]) == 4


def test_other_labels_are_refused_and_named(pair: Pair) -> None:
    labelling.add_labels(pair.project, ["c"])
    labelling.assign_label(pair.project, [2], labelling.label_named(pair.project, "c").id)
    other = finished_run(pair.project, Task.CLASSIFICATION)
    with pytest.raises(UserError) as caught:
        compare(pair.project, pair.runs[0], other)
    assert caught.value.code == "compare.labels" and caught.value.params["names"] == "c"


def test_another_order_of_the_labels_changes_nothing(pair: Pair) -> None:
    from tlstudio.storage import paths

    pair.answer(0, wrong=set(pair.test[:5]))
    best = paths.run(pair.project.folder, pair.runs[1]) / "best.json"
    facts = json.loads(best.read_text())
    best.write_text(json.dumps({"labels": facts["labels"][::-1]}))
    pair._say({n: {"probabilities": seen(n != 30)["probabilities"][::-1]} for n in pair.test})
    found = pair.compare()
    assert found.sides[1].metrics["accuracy"] == pytest.approx(32 / 33)


@pytest.mark.parametrize(
    ("options", "code"),
    [({"split": "train"}, "compare.split"), ({"where": "moon"}, "site.text")],
)
def test_unlawful_wishes(pair: Pair, options: dict[str, Any], code: str) -> None:
    with pytest.raises(UserError) as caught:
        pair.compare(**options)
    assert caught.value.code == code


def test_a_run_is_not_compared_with_itself(pair: Pair) -> None:
    with pytest.raises(UserError) as caught:
        compare(pair.project, "latest", pair.runs[1])
    assert caught.value.code == "compare.same_run"


def test_what_the_runs_were_told_differently(pair: Pair) -> None:
    def write(db: Any) -> None:
        for run, flip in zip(pair.runs, (False, True), strict=True):
            runs.update_run(db, run, recipe={"seed": 1, "flip": flip}, epochs=3)

    pair.project.transact("undo.run", write, undoable=False)
    for run in (0, 1):
        pair.answer(run, wrong=set())
    assert pair.compare().settings == {"flip": (False, True)}


def _told(pair: Pair, **of_second: Any) -> None:
    plain = {"seed": 1, "look_augmentation": "none", "look_strength": 0.5}

    def write(db: Any) -> None:
        for run, recipe in zip(pair.runs, (plain, {**plain, **of_second}), strict=True):
            runs.update_run(db, run, recipe=recipe)

    pair.project.transact("undo.run", write, undoable=False)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [((12, 0), "compare.look_helped"), ((0, 12), "compare.look_hurt"),
     ((2, 1), "compare.look_unclear")],
)  # fmt: skip
def test_whether_other_sites_looks_helped(pair: Pair, wrong: tuple[int, int], code: str) -> None:
    _told(pair, look_augmentation="colour", look_strength=0.7)
    for run in (0, 1):
        pair.answer(run, wrong=set(pair.test[: wrong[run]]))
    found = pair.compare()
    assert found.meaning is not None and found.meaning.code == code
    assert found.to_json()["meaning"]["params"]["kind"] == "colour"
    turned = compare(pair.project, *pair.runs[::-1]).meaning
    assert turned is not None and turned.code == code


def test_other_settings_may_be_the_reason(pair: Pair) -> None:
    _told(pair, look_augmentation="stain", seed=2)
    for run in (0, 1):
        pair.answer(run, wrong=set(pair.test[: 12 - 12 * run]))
    found = pair.compare().meaning
    assert found is not None and found.code == "compare.look_not_alone"
    assert found.params["names"] == "seed"
    _told(pair, seed=2)
    assert pair.compare().meaning is None


def test_validation_images_of_both_alone(pair: Pair) -> None:
    labelling.set_split(pair.project, [25], Split.TRAIN)
    labelling.set_split(pair.project, [24], Split.VAL)
    pair.runs[1] = finished_run(pair.project, Task.CLASSIFICATION)
    pair._say({n: seen(True) for n in (24, 25, 26)})
    found = pair.compare(split="val")
    assert found.images == 1
    assert {n.code: n.params for n in found.notices}["compare.not_common"] == {"count": 2}


def test_changed_annotations_leave_an_image_out(pair: Pair) -> None:
    labelling.assign_label(pair.project, [26], labelling.label_named(pair.project, "b").id)
    pair.runs[1] = finished_run(pair.project, Task.CLASSIFICATION)
    pair._say({n: seen(True) for n in (25, 26)})
    found = pair.compare(split="val")
    assert found.images == 1
    assert {n.code: n.params for n in found.notices}["compare.truth_changed"] == {"count": 1}


def test_images_that_one_cannot_read_are_left_out(pair: Pair) -> None:
    pair.answer(0, wrong=set())
    pair._say({n: seen(True) for n in pair.test[2:]})
    found = pair.compare()
    assert found.images == 31
    assert "training.images_left_out" in {n.code for n in found.notices}


GOOD = boxes((CELL, 0.9, (2, 2, 10, 10)), (CORE, 0.8, (30, 20, 12, 12)))
POOR = boxes((CELL, 0.9, (2, 2, 10, 10)), (CELL, 0.7, (50, 2, 8, 8)))


def test_detectors(
    project_of: Callable[..., Project], pretend: object, tmp_path: Path, monkeypatch: Any
) -> None:
    project = project_of(30, labels=("cell", "core"))
    for n in range(1, 31):
        put(project, box(n, CELL, 2, 2, 10, 10), box(n, CORE, 30, 20, 12, 12))
    divide(project, {Split.TRAIN: range(1, 5), Split.VAL: [5], Split.TEST: range(6, 31)})
    say = teller(tmp_path, monkeypatch)
    both = [finished_run(project, Task.DETECTION, threshold=0.4) for _ in range(2)]
    say({n: POOR if n % 5 else GOOD for n in range(6, 31)})
    evaluation.evaluate(project, both[0])
    say(dict.fromkeys(range(6, 31), GOOD))
    found = compare(project, *both)
    assert found.headline == "map50" and found.answer.code == "compare.better"
    assert found.sides[1].metrics["map50"] == pytest.approx(1.0)
    assert len(found.differing) == 20
    first = found.differing[0]
    assert first.gain == 2 and isinstance(first.first, DetectionOutcome)
    assert found.to_json()["differing"][0]["first"] == {"errors": 2}
    core = next(row for row in found.per_label if row["label"] == "core")
    assert core["figures"]["ap50"]["better"] == "second" and core["objects"] == 25


def test_segmenters(
    project_of: Callable[..., Project], pretend: object, tmp_path: Path, monkeypatch: Any
) -> None:
    project = project_of(26, labels=("cell", "core"))
    for n in range(1, 27):
        paint(project, n, CELL, square(4, 4, 20))
        paint(project, n, CORE, square(8, 8, 6))
    divide(project, {Split.TRAIN: [1, 2], Split.VAL: [3], Split.TEST: range(4, 27)})
    say = teller(tmp_path, monkeypatch)
    both = [finished_run(project, Task.SEGMENTATION) for _ in range(2)]
    good = regions((CELL, 0.9, square(4, 4, 20) & ~square(8, 8, 6)), (CORE, 0.9, square(8, 8, 6)))
    worse = regions((CELL, 0.9, square(6, 4, 20)))
    say({n: worse if n % 3 else good for n in range(4, 27)})
    evaluation.evaluate(project, both[0])
    say(dict.fromkeys(range(4, 27), good))
    found = compare(project, *both)
    assert found.headline == "dice" and found.answer.code == "compare.better"
    assert found.overall["dice"]["second"] == pytest.approx(1.0)
    assert found.overall["hd95"]["better"] in (None, "second")
    assert isinstance(found.differing[0].second, SegmentationOutcome)
    assert found.to_json()["differing"][0]["second"]["dice"] == pytest.approx(1.0)
    labels = {row["label"]: row["figures"]["dice"]["difference"] for row in found.per_label}
    assert labels["core"] > labels["cell"] > 0


def test_runs_of_two_tasks_are_refused(project_of: Callable[..., Project], pretend: object) -> None:
    project = project_of(6, labels=("cell", "core"))
    for n in range(1, 7):
        put(project, box(n, CELL, 2, 2, 10, 10))
        paint(project, n, CORE, square(8, 8, 6))
    divide(project, {Split.TRAIN: [1, 2], Split.VAL: [3], Split.TEST: [4, 5, 6]})
    both = [finished_run(project, task) for task in (Task.DETECTION, Task.SEGMENTATION)]
    with pytest.raises(UserError) as caught:
        compare(project, *both)
    assert caught.value.code == "compare.tasks"


def test_every_answer_has_words() -> None:
    for end in ("better", "worse", "unclear", "too_few", "same", "undefined"):
        assert f"compare.{end}" in MESSAGES


def test_synthetic_images_are_never_in_it(pair: Pair) -> None:
    """The table keeps them out of val and test; a snapshot that says otherwise is not believed."""
    pair._say({n: seen(True) for n in (25, 26)})

    def write(db: Any) -> None:
        images.set_split(db, [25], None)
        db.execute("UPDATE images SET synthetic = 1 WHERE id = 25")

    pair.project.transact("undo.x", write, undoable=False)
    assert pair.compare(split="val").images == 1
