"""What merging or deleting a label will change is counted before, and comes true."""

from __future__ import annotations

from collections.abc import Callable

from tlstudio.domain.annotations import AnnotationSource, Box, Polygon, Provenance
from tlstudio.domain.images import ImageState
from tlstudio.services import images, labelling, projects, shaping
from tlstudio.storage.project import Project

Make = Callable[..., Project]

SUGGESTED = Provenance(AnnotationSource.MODEL, run="r1", confidence=0.5, suggestion=True)
RING = ((1.0, 1.0), (30.0, 1.0), (20.0, 30.0))


def box(label: int, **more: object) -> Box:
    return Box(id="", image=0, label=label, x=1, y=1, w=9, h=9, **more)  # type: ignore[arg-type]


def filled(project_of: Make) -> Project:
    """Image 1: a box and a polygon of label 1; 2: a box of each; 3: label 1 and 2; 4: a mask and
    a suggestion of label 1."""
    project = project_of(4, ["cell", "dirt"])
    polygon = Polygon(id="", image=0, label=1, parts=((RING,),))
    shaping.add_shapes(project, 1, [box(1), polygon])
    shaping.add_shapes(project, 2, [box(1), box(2)])
    labelling.assign_label(project, [3], 1)
    labelling.assign_label(project, [3], 2, add=True)
    pixels = shaping.Bitmap(64, 48)
    _, places = pixels.stamp(20, 20, 30, 20, 5, on=True)
    shaping.paint_mask(project, 4, None, 1, pixels, places)
    shaping.add_shapes(project, 4, [box(1, provenance=SUGGESTED)])
    return project


def kinds(project: Project) -> dict[str, int]:
    return dict(projects.project_info(project)["kinds"])


def test_a_deletion_takes_what_was_counted(project_of: Make) -> None:
    project = filled(project_of)
    assert labelling.delete_preview(project, [1]) == {
        "images": 4,
        "image_labels": 1,
        "boxes": 2,
        "polygons": 1,
        "masks": 1,
        "suggestions": 1,
        "unlabelled": 2,
    }
    before = kinds(project)
    labelling.delete_labels(project, [1])
    assert kinds(project) == {"box": 1, "image_label": 1}
    states = [row.state for row in images.image_rows(project, [1, 2, 3, 4])]
    assert states.count(ImageState.UNLABELLED) == 2
    projects.undo(project)
    assert kinds(project) == before


def test_a_merge_moves_what_was_counted(project_of: Make) -> None:
    project = filled(project_of)
    assert labelling.merge_preview(project, [1, 2], 2) == {
        "images": 4,
        "image_labels": 1,
        "boxes": 2,
        "polygons": 1,
        "masks": 1,
        "suggestions": 1,
        "doubled": 1,
        "unlabelled": 0,
    }
    before = kinds(project)
    labelling.merge_labels(project, [1], 2)
    assert labelling.label_usage(project) == {2: 6}
    assert kinds(project) == before | {"image_label": 1}
    projects.undo(project)
    assert kinds(project) == before
    assert labelling.label_usage(project) == {1: 5, 2: 2}


def test_an_unused_label_changes_nothing(project_of: Make) -> None:
    project = project_of(1, ["cell"])
    assert set(labelling.delete_preview(project, [1]).values()) == {0}
