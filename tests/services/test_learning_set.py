"""What each task learns from: kinds, states, roles, negatives, and what is said of the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from tlstudio.domain.annotations import Annotation, Box, ImageLabel, Mask, Polygon, Provenance
from tlstudio.domain.errors import UserError
from tlstudio.domain.fingerprint import Fingerprint
from tlstudio.domain.images import ImageState, Split
from tlstudio.domain.labels import LabelRole
from tlstudio.domain.tasks import Task
from tlstudio.imaging.bitmap import Bitmap
from tlstudio.imaging.rle import decode
from tlstudio.services._learning_rows import filled, measured
from tlstudio.services._learning_set import LearningSet, gather
from tlstudio.services.projects import Project
from tlstudio.storage import annotations, images, labels, snapshots, tiles

Make = Callable[..., Project]

WIDTH, HEIGHT = 64, 48
TRIANGLE = ((((2.0, 2.0), (20.0, 2.0), (2.0, 30.0)),),)
CELL, CORE = 1, 2


def box(image: int, label: int = CELL, place: Sequence[float] = (4, 4, 10, 8), **more: Any) -> Box:
    x, y, w, h = place
    return Box(id="", image=image, label=label, x=x, y=y, w=w, h=h, **more)


def polygon(image: int, label: int = CELL, **more: Any) -> Polygon:
    return Polygon(id="", image=image, label=label, parts=TRIANGLE, **more)


def image_label(image: int, label: int = CELL) -> ImageLabel:
    return ImageLabel(id="", image=image, label=label)


@pytest.fixture
def project(project_of: Make) -> Project:
    return project_of(4, labels=("cell", "core"))


def put(
    project: Project, *shapes: Annotation, state: ImageState | None = ImageState.LABELLED
) -> None:
    """Store accepted annotations; `state` is that of their images."""

    def write(db: Any) -> None:
        annotations.add(db, shapes)
        if state is not None:
            images.set_state(db, {shape.image for shape in shapes}, state)

    project.transact("undo.add_shapes", write)


def mark(project: Project, ids: Sequence[int], state: ImageState) -> None:
    project.transact("undo.set_review", lambda db: images.set_state(db, ids, state))


def paint(project: Project, image: int, label: int, pixels: np.ndarray, z: int = 0) -> None:
    bitmap = Bitmap.from_array(pixels, 0, 0, WIDTH, HEIGHT)
    place = bitmap.bounds()
    assert place is not None
    mask = Mask(id="", image=image, label=label, z=z, x=place.x, y=place.y, w=place.w, h=place.h)

    def write(db: Any) -> None:
        made = annotations.add(db, [mask])[0]
        tiles.change_tiles(db, made, bitmap.encode())
        images.set_state(db, [image], ImageState.LABELLED)

    project.transact("undo.paint", write)


def said(found: LearningSet) -> dict[str, dict[str, Any]]:
    assert all("<" not in notice.to_json()["message"] for notice in found.notices)
    return {notice.code: notice.params for notice in found.notices}


def shapes_of(found: LearningSet) -> dict[int, list[dict[str, Any]]]:
    return {row["image"]: row["annotations"] for row in found.rows}


def as_box(label: int, place: list[float]) -> dict[str, Any]:
    return {"kind": "box", "label": label, "box": place, "crowd": False}


def code_of(project: Project, task: Task, kind: str | None = None) -> str:
    with pytest.raises(UserError) as refused:
        gather(project, task, kind)
    assert "<" not in str(refused.value), f"unfilled words: {refused.value}"
    return refused.value.code


# -- detection ---------------------------------------------------------------------------------


def test_detection_takes_boxes_and_names_the_kinds_it_does_not_use(project: Project) -> None:
    put(project, box(1), box(2, CORE), polygon(2, CORE))
    found = gather(project, Task.DETECTION)
    assert found.kinds == ("box",)
    assert shapes_of(found)[2] == [
        {"kind": "box", "label": 2, "box": [4, 4, 10, 8], "crowd": False}
    ]
    assert said(found)["training.kinds_unused"]["kinds"] == "polygon (1)"
    assert found.header["from"] == "box"
    assert [label["name"] for label in found.header["labels"]] == ["cell", "core"]


def test_without_boxes_it_takes_those_around_polygons_and_masks(project: Project) -> None:
    paint(project, 1, CELL, np.ones((5, 7), dtype=bool))
    assert shapes_of(gather(project, Task.DETECTION))[1][0]["box"] == [0, 0, 7, 5]
    put(project, polygon(2))
    found = gather(project, Task.DETECTION)
    assert found.kinds == ("polygon",)
    assert said(found)["training.boxes_around"]["kinds"] == "polygon"
    assert shapes_of(found) == {
        2: [{"kind": "box", "label": 1, "box": [2, 2, 18, 28], "crowd": False}]
    }


def test_an_image_with_nothing_but_other_kinds_is_no_negative(project: Project) -> None:
    put(project, box(1), polygon(2), image_label(3))
    found = gather(project, Task.DETECTION)
    assert set(shapes_of(found)) == {1}
    facts = said(found)["training.left_out.other_kinds"]
    assert facts["count"] == 2
    assert facts["every"] == "box,polygon", "what detection can be learned from"
    both = gather(project, Task.DETECTION, facts["every"])
    assert {image: len(each) for image, each in shapes_of(both).items()} == {1: 1, 2: 1}
    mark(project, [3], ImageState.REVIEWED)
    assert shapes_of(gather(project, Task.DETECTION))[3] == []


def test_only_marked_images_without_objects_are_negatives(project: Project) -> None:
    put(project, box(1))
    mark(project, [2], ImageState.LABELLED)
    mark(project, [3], ImageState.REVIEWED)
    found = gather(project, Task.DETECTION)
    assert {image: len(each) for image, each in shapes_of(found).items()} == {1: 1, 2: 0, 3: 0}
    assert said(found)["training.without_objects"]["count"] == 2
    assert said(found)["training.left_out.unmarked"]["count"] == 1


def test_partly_labelled_and_disputed_images_are_kept_out_and_counted(project: Project) -> None:
    put(project, box(1))
    put(project, box(2), state=ImageState.DRAFT)
    put(project, box(3), state=None)
    put(project, box(4), state=ImageState.DISPUTED)
    found = gather(project, Task.DETECTION)
    assert set(shapes_of(found)) == {1}
    assert said(found)["training.left_out.partly"]["count"] == 2
    assert said(found)["training.left_out.disputed"]["count"] == 1


def test_suggestions_are_never_used(project: Project) -> None:
    put(project, box(1), box(1, CORE, provenance=Provenance(suggestion=True)))
    found = gather(project, Task.DETECTION)
    assert [each["label"] for each in shapes_of(found)[1]] == [CELL]
    assert said(found)["training.suggestions_unused"]["count"] == 1


def test_boxes_are_cut_to_the_image_and_empty_ones_dropped(project: Project) -> None:
    put(project, box(1, place=(-5, -5, 10, 10)), box(1, place=(60, 40, 0, 9)))
    put(project, box(2, place=(70, 10, 5, 5)))
    found = gather(project, Task.DETECTION)
    assert [each["box"] for each in shapes_of(found)[1]] == [[0, 0, 5, 5]]
    assert said(found)["training.dropped"]["count"] == 2
    assert said(found)["training.left_out.spoiled"]["count"] == 1, "its one object is no nothing"


def test_crowds_and_ignored_regions_are_crowds_and_background_is_nothing(project: Project) -> None:
    def roles(db: Any) -> None:
        labels.set_role(db, CORE, LabelRole.IGNORE)
        labels.add(db, ["glass"], role=LabelRole.BACKGROUND)

    project.transact("undo.label", roles)
    put(project, box(1), box(1, CORE), box(1, crowd=True), box(2, 3))
    found = gather(project, Task.DETECTION)
    assert [(each["label"], each["crowd"]) for each in shapes_of(found)[1]] == [
        (CELL, False),
        (CORE, True),
        (CELL, True),
    ]
    assert shapes_of(found)[2] == []
    assert [label.name for label in found.learned] == ["cell"]
    assert found.objects == {"cell": {"train": 0, "val": 0, "test": 0, "": 1}}


def test_crowds_and_ignored_regions_count_whatever_their_shape(project: Project) -> None:
    """As COCO has them: objects as polygons, crowds as masks."""
    project.transact("undo.label", lambda db: labels.set_role(db, CORE, LabelRole.IGNORE))
    put(project, polygon(1), box(1, crowd=True), box(2, CORE))
    found = gather(project, Task.DETECTION)
    assert found.kinds == ("polygon",)
    crowds = {
        image: [each["crowd"] for each in each_of] for image, each_of in shapes_of(found).items()
    }
    assert crowds == {1: [False, True], 2: [True]}
    assert not {"training.kinds_unused", "training.kinds_mixed"} & said(found).keys()
    put(project, polygon(3, CORE), box(3))
    painted = gather(project, Task.SEGMENTATION)
    assert [len(each) for each in shapes_of(painted).values()] == [1, 1]


def test_objects_of_other_kinds_beside_those_learned_from_are_told(project: Project) -> None:
    """Such as CVAT's turned boxes, which come in as polygons."""
    put(project, box(1), polygon(1, CORE), image_label(1), box(2), image_label(2))
    mixed = said(gather(project, Task.DETECTION))["training.kinds_mixed"]
    assert mixed == {"count": 1, "every": "box,polygon"}
    assert "training.kinds_mixed" not in said(gather(project, Task.DETECTION, "box,polygon"))
    assert "training.kinds_mixed" not in said(
        gather(project, Task.CLASSIFICATION, "box", refuse=False)
    )


def test_a_segmenter_is_refused_more_labels_than_a_map_holds(project_of: Make) -> None:
    project = project_of(1, labels=[f"l{n}" for n in range(256)])
    put(project, *(polygon(1, label) for label in range(1, 255)))
    assert len(gather(project, Task.SEGMENTATION).learned) == 254
    put(project, polygon(1, 255))
    assert code_of(project, Task.SEGMENTATION) == "training.too_many_labels"
    assert len(gather(project, Task.DETECTION).learned) == 255


def test_one_label_is_enough_for_shapes_but_none_is_not(project: Project) -> None:
    assert code_of(project, Task.DETECTION) == "training.no_shapes"
    put(project, image_label(1))
    assert code_of(project, Task.DETECTION) == "training.no_labels_but"
    put(project, box(2), state=ImageState.DRAFT)
    assert code_of(project, Task.DETECTION) == "training.all_drafts"
    mark(project, [2], ImageState.LABELLED)
    assert [label.name for label in gather(project, Task.DETECTION).labels] == ["cell"]


@pytest.mark.parametrize(
    ("task", "kind", "code"),
    [
        (Task.DETECTION, "image_label", "training.kind_unfit"),
        (Task.SEGMENTATION, "image_label", "training.kind_unfit"),
        (Task.SEGMENTATION, "box,line", "training.kind_unknown"),
        (Task.DETECTION, ",", "training.kind_unknown"),
        (Task.SEGMENTATION, "mask", "training.no_labels_but"),
    ],
)
def test_kinds_that_do_not_fit_are_refused(
    project: Project, task: Task, kind: str, code: str
) -> None:
    put(project, box(1))
    assert code_of(project, task, kind) == code


# -- segmentation ------------------------------------------------------------------------------


def test_segmentation_takes_polygons_and_masks_together_in_their_order(project: Project) -> None:
    pixels = np.zeros((HEIGHT, WIDTH), dtype=bool)
    pixels[10:20, 5:9] = True
    paint(project, 1, CORE, pixels, z=3)
    put(project, polygon(1, z=5), polygon(1, z=1), box(2))
    found = gather(project, Task.SEGMENTATION)
    assert set(shapes_of(found)) == {1}
    assert said(found)["training.left_out.other_kinds"]["count"] == 1
    (row,) = filled(project, found.rows)
    assert [each["kind"] for each in row["annotations"]] == ["polygon", "mask", "polygon"]
    low, mask, _ = row["annotations"]
    assert low == {"kind": "polygon", "label": CELL, "parts": [[[[2, 2], [20, 2], [2, 30]]]]}
    assert mask["box"] == [5, 10, 4, 10]
    assert np.array_equal(decode(mask["rle"], WIDTH, HEIGHT), pixels)
    assert mask["area"] == pixels.sum()


def test_a_plan_measures_masks_as_the_worker_does(project: Project) -> None:
    pixels = np.zeros((HEIGHT, WIDTH), dtype=bool)
    pixels[10:20, 5:9] = True
    paint(project, 1, CORE, pixels)
    put(project, polygon(1))
    rows = gather(project, Task.SEGMENTATION).rows
    looked_at = list(measured(project, rows))
    assert all("rle" not in each for each in looked_at[0]["annotations"])
    planned = Fingerprint.of(Task.SEGMENTATION, rows, looked_at)
    assert planned == Fingerprint.of(Task.SEGMENTATION, list(filled(project, rows)))
    assert planned.covered[CORE] == 40 / (WIDTH * HEIGHT)


def test_boxes_become_rectangles_when_asked_for(project: Project) -> None:
    put(project, box(1))
    (row,) = filled(project, gather(project, Task.SEGMENTATION, "box").rows)
    assert row["annotations"] == [
        {"kind": "polygon", "label": 1, "parts": ((((4, 4), (14, 4), (14, 12), (4, 12)),),)}
    ]


def test_every_role_is_told_for_segmentation(project: Project) -> None:
    project.transact("undo.label", lambda db: labels.set_role(db, CORE, LabelRole.IGNORE))
    put(project, polygon(1), polygon(1, CORE))
    found = gather(project, Task.SEGMENTATION)
    assert [(each["name"], each["role"]) for each in found.header["labels"]] == [
        ("cell", "normal"),
        ("core", "ignore"),
    ]
    assert [label.name for label in found.learned] == ["cell"]


# -- classification ----------------------------------------------------------------------------


def test_image_labels_can_be_made_of_shapes(project: Project) -> None:
    put(project, box(1), box(1), box(2, CORE), box(3), box(3, CORE))
    mark(project, [4], ImageState.LABELLED)
    found = gather(project, Task.CLASSIFICATION, "box")
    assert shapes_of(found) == {
        1: [{"kind": "image_label", "label": CELL}],
        2: [{"kind": "image_label", "label": CORE}],
    }
    assert said(found)["training.left_out.several"]["count"] == 1
    assert said(found)["training.left_out.unlabelled"]["count"] == 1


# -- splits and files --------------------------------------------------------------------------


def test_held_out_images_are_chosen_by_the_labels_of_their_objects(project_of: Make) -> None:
    project = project_of(20, labels=("cell", "core"))
    put(project, *(box(n) for n in range(1, 21)), *(box(n, CORE) for n in (3, 9, 14, 18)))
    project.transact("undo.split", lambda db: images.set_split(db, range(1, 21), Split.TRAIN))
    held = gather(project, Task.DETECTION).with_validation(0)
    assert held.images["val"] in (3, 4)
    assert held.per_label["core"]["val"] >= 1
    assert held.per_label["core"]["train"] >= 2


def test_a_split_takes_images_without_objects_along(project: Project) -> None:
    from tlstudio.services.splitting import split_project

    put(project, box(1), box(2))
    mark(project, [3], ImageState.LABELLED)
    split_project(project)
    placed = {row["image"]: row["split"] for row in gather(project, Task.DETECTION).rows}
    assert set(placed) == {1, 2, 3}
    assert all(placed.values())


def test_thousands_of_boxes_are_all_in_the_snapshot(project_of: Make) -> None:
    project = project_of(260, labels=("cell",))
    put(project, *(box(n, place=(k % 50, k // 3, 5, 5)) for n in range(1, 261) for k in range(100)))
    found = gather(project, Task.DETECTION)
    name = snapshots.write_snapshot(project, found.header, filled(project, found.rows))
    assert found.objects["cell"][""] == 26_000
    assert len(snapshots.read_snapshot(project, name)[1]) == 260
