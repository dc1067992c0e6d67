"""What an import tells before and after, and what it makes of marks that say nothing for sure."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tlstudio.domain.labels import LabelRole
from tlstudio.services.datasets import ImportOptions, ImportReport, import_source
from tlstudio.services.projects import Project, create_project, project_info
from tlstudio.storage import labels


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with create_project(tmp_path / "p.tlproj") as made:
        yield made


def picture(file: Path, seed: int = 0) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 255, (48, 64, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(file)


def coco(file: Path, names: list[str]) -> Path:
    said = {
        "images": [
            {"id": i, "file_name": n, "width": 64, "height": 48} for i, n in enumerate(names)
        ],
        "categories": [{"id": 1, "name": "cell"}],
        "annotations": [
            {"id": i, "image_id": i, "category_id": 1, "bbox": [4, 5, 20, 10]}
            for i in range(len(names))
        ],
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(said))
    return file


def both(project: Project, source: Path, **options: Any) -> ImportReport:
    """The report of a dry run, which is that of the import."""
    told = import_source(project, source, ImportOptions(dry_run=True, **options))
    done = import_source(project, source, ImportOptions(**options))
    assert told.to_json() == done.to_json()
    return told


def roles(project: Project) -> dict[str, LabelRole]:
    with project.read() as db:
        return {label.name: label.role for label in labels.all_labels(db)}


def test_it_is_told_how_images_are_known_again(project: Project, tmp_path: Path) -> None:
    for seed, name in enumerate(("s/a.png", "s/b.png", "s/c.png")):
        picture(tmp_path / "first" / name, seed)
    import_source(project, tmp_path / "first")
    only = coco(tmp_path / "said" / "x.json", ["s/a.png", "elsewhere/b.png", "gone.png"])
    told = both(project, only)
    assert told.matched_by == {"name": 1, "path": 1} and told.images_missing == 1
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(tmp_path / "first/s/c.png", other / "renamed.png")
    coco(other / "x.json", ["renamed.png"])
    assert both(project, other).matched_by == {"hash": 1}
    assert project_info(project)["images"] == 3


def test_it_is_told_which_labels_are_new(project: Project, tmp_path: Path) -> None:
    picture(tmp_path / "set" / "a.png")
    coco(tmp_path / "set" / "x.json", ["a.png"])
    assert both(project, tmp_path / "set", label_map={"cell": "nucleus"}).new_labels == ("nucleus",)
    assert both(project, tmp_path / "set", label_map={"cell": "nucleus"}).new_labels == ()


def test_suggestions_alone_make_no_image_without_objects(project: Project, tmp_path: Path) -> None:
    for seed, name in enumerate(("a", "b")):
        picture(tmp_path / f"set/images/{name}.png", seed)
    (tmp_path / "set/labels").mkdir()
    (tmp_path / "set/labels/a.txt").write_text("0 0.5 0.5 0.25 0.25 0.87\n")
    (tmp_path / "set/labels/b.txt").write_text("")
    (tmp_path / "set/classes.txt").write_text("cell\n")
    told = both(project, tmp_path / "set")
    assert told.suggestions == 1
    assert project_info(project)["states"] == {"labelled": 1, "unlabelled": 1}


CUT_OUT = """<annotations><version>1.1</version><image id="0" name="a.png" width="64" height="48">
<polygon label="cell" points="1,1;30,1;30,30;1,30" z_order="0"/>
<polygon label="background" points="5,5;20,5;20,20;5,20" z_order="1"/></image></annotations>"""


def test_holes_drawn_as_background_cut_what_lies_below(project: Project, tmp_path: Path) -> None:
    picture(tmp_path / "set" / "a.png")
    (tmp_path / "set" / "a.xml").write_text(CUT_OUT)
    told = both(project, tmp_path / "set")
    assert "data.label_background" in [notice.code for notice in told.warnings]
    assert roles(project) == {"cell": LabelRole.NORMAL, "background": LabelRole.BACKGROUND}
    again = import_source(project, tmp_path / "set")
    assert "data.label_background" not in [notice.code for notice in again.warnings]


def test_a_class_of_images_called_background_stays_one(project: Project, tmp_path: Path) -> None:
    picture(tmp_path / "set" / "a.png")
    text = CUT_OUT.replace("</image>", '<tag label="background"/></image>')
    (tmp_path / "set" / "a.xml").write_text(text)
    both(project, tmp_path / "set")
    assert roles(project)["background"] is LabelRole.NORMAL


def test_frames_of_a_video_find_images_that_are_here(project: Project, tmp_path: Path) -> None:
    for frame in range(3):
        picture(tmp_path / f"frames/frame_{frame:06d}.PNG", frame)
    import_source(project, tmp_path / "frames")
    box = '<box frame="{}" outside="{}" xtl="1" ytl="1" xbr="9" ybr="9"/>'
    track = "".join(box.format(*at) for at in ((0, 0), (2, 0), (3, 1)))
    meta = "<meta><task><size>4</size><mode>interpolation</mode></task></meta>"
    text = f'<annotations>{meta}<track id="0" label="car">{track}</track></annotations>'
    (tmp_path / "tracks").mkdir()
    (tmp_path / "tracks" / "annotations.xml").write_text(text)
    told = both(project, tmp_path / "tracks")
    assert (told.images_matched, told.kinds) == (3, {"box": 3})


def test_columns_of_yes_and_no_are_labels(project: Project, tmp_path: Path) -> None:
    for seed, name in enumerate(("a", "b", "c")):
        picture(tmp_path / f"set/{name}.png", seed)
    table = "image,MEL,NV,age,side\na,1.0,0.0,40,1\nb,0,1,50,1\nc,1,1,60,1\n"
    (tmp_path / "set" / "truth.csv").write_text(table)
    told = both(project, tmp_path / "set")
    assert told.labels == {"MEL": 2, "NV": 2, "side": 3}
    assert "data.table_ticks" in [notice.code for notice in told.warnings]
