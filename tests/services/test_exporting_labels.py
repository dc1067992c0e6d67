"""Annotations out of a project: all or nothing, safe names, honest counts, and in again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tlstudio.domain.annotations import (
    Annotation,
    Box,
    ImageLabel,
    Mask,
    Polygon,
    Provenance,
)
from tlstudio.domain.errors import Cancelled, UserError
from tlstudio.domain.images import ImageQuery, ImageState, Split
from tlstudio.domain.progress import Cancel, Step
from tlstudio.imaging.bitmap import Bitmap
from tlstudio.services import exporting_labels
from tlstudio.services.datasets import ImportOptions, import_source
from tlstudio.services.exporting_labels import FORMATS, export_labels, look_at_labels
from tlstudio.services.images import find_images
from tlstudio.services.projects import Project, create_project
from tlstudio.services.workbench import open_image
from tlstudio.storage import annotations, images, tiles

WIDTH, HEIGHT = 640, 48
NAMES = ("a/x.png", "b/x.png", "b/x.jpg", "con.png", "nothing in it.png", "not looked at.png")


def blob() -> Bitmap:
    mask = np.zeros((20, 40), dtype=np.bool_)
    mask[2:15, 3:33] = True
    mask[5:9, 10:12] = False
    return Bitmap.from_array(mask, 500, 7, WIDTH, HEIGHT)


def the_image(db: Any, number: int) -> int:
    name = NAMES[number - 1] if number <= len(NAMES) else None
    found = db.value(
        "SELECT i.id FROM images i JOIN sources s ON s.id = i.source_id WHERE s.original = ?",
        (name,),
    )
    return int(found or number)


def draw(project: Project, number: int, shape: Annotation, pixels: Bitmap | None = None) -> None:
    """On the image of that number in NAMES (or in the order of the project)."""

    def add(db: Any) -> None:
        made = annotations.add(db, [replace(shape, image=the_image(db, number))])[0]
        if pixels is not None:
            stored = {k: v for k, v in pixels.encode().items() if v is not None}
            tiles.put_tiles(db, made, stored)

    project.transact("undo.import", add, undoable=False)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Callable[..., Project]]:
    """`made(names)` -> a project with pictures of these names and a label "cell" and "wall"."""
    opened: list[Project] = []

    def make(names: tuple[str, ...] = NAMES, name: str = "p") -> Project:
        source = tmp_path / f"{name}-source"
        for number, each in enumerate(names):
            (source / each).parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (WIDTH, HEIGHT), (number, 9, 9)).save(source / each)
        project = create_project(tmp_path / f"{name}.tlproj", labels=("cell", "wall"))
        opened.append(project)
        import_source(project, source, ImportOptions(format="images"))
        return project

    yield make
    for project in opened:
        project.close()


@pytest.fixture
def drawn(made: Callable[..., Project]) -> Project:
    """A box, an outline, a mask and a label of the whole image; one image with nothing in it,
    one that nobody has looked at."""
    project = made()
    ring = ((1.5, 1.25), (300.1, 3.0), (9.0, 30.0))
    other = ((400.0, 5.0), (409.0, 6.0), (407.0, 9.0))
    box = Box(id="", image=0, label=1, x=1.25, y=2.0, w=10.1, h=5.7)
    place = blob().bounds()
    assert place is not None
    mask = Mask(id="", image=0, label=2, x=place.x, y=place.y, w=place.w, h=place.h)
    draw(project, 1, box)
    draw(project, 1, Polygon(id="", image=0, label=2, parts=((ring,),)))
    draw(project, 2, Polygon(id="", image=0, label=2, parts=((ring,), (other,)), group="7"))
    draw(project, 2, mask, blob())
    draw(project, 3, replace(box, label=2, x=33.0))
    draw(project, 4, ImageLabel(id="", image=0, label=1))

    def states(db: Any) -> None:
        ids = [the_image(db, number) for number in range(1, 6)]
        images.set_state(db, ids, ImageState.LABELLED)
        images.set_split(db, ids[:2], Split.TRAIN)
        images.set_split(db, ids[2:], Split.VAL)

    project.transact("undo.import", states, undoable=False)
    return project


def beside(out: Path) -> list[str]:
    return sorted(path.name for path in out.parent.iterdir())


def codes(report: exporting_labels.LabelsReport) -> dict[str, Any]:
    return {notice.code: notice.params["count"] for notice in report.warnings}


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_lists_what_was_labelled_and_nothing_else(
    drawn: Project, tmp_path: Path, form: str
) -> None:
    out = tmp_path / "elsewhere" / "out"
    report = export_labels(drawn, form, out, images="copy")
    pictures = sorted(p for p in out.rglob("*") if p.name.endswith((".png", ".jpg")))
    pictures = [p for p in pictures if "masks" not in p.parts]
    assert len(pictures) == report.images
    assert codes(report)["export.left_out.unlabelled"] == 1
    assert report.annotations == {"masks": 3, "geojson": 5}.get(
        form, 5 + (form in ("labelme", "cvat", "label-studio", "datumaro", "csv"))
    )
    assert beside(out) == ["out"]
    assert set(report.to_json()) == {"images", "annotations", "warnings"}


def geometry(project: Project) -> dict[str, list[tuple[Any, ...]]]:
    """What is drawn, by image, without what only the project knows."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    with project.read() as db:
        names = {label.id: label.name for label in exporting_labels.labels.all_labels(db)}
    for image in find_images(project, ImageQuery()):
        opened = open_image(project, image)
        rows: list[tuple[Any, ...]] = []
        for item in opened.annotations:
            where: Any = None
            if isinstance(item, Box):
                where = (item.x, item.y, item.x + item.w, item.y + item.h)
            elif isinstance(item, Polygon):
                where = item.parts
            elif isinstance(item, Mask):
                where = opened.bitmaps[item.id].whole().tobytes()
            rows.append((type(item).__name__, names[item.label], item.group, _rounded(where)))
        if opened.row.state is ImageState.LABELLED:
            name = opened.row.path.rpartition("images/")[2]
            split = opened.row.split
            found[name] = [(split, *row) for row in sorted(rows, key=repr)] or [(split,)]
    return found


def _rounded(where: Any) -> Any:
    if isinstance(where, float):
        return round(where, 6)
    return tuple(map(_rounded, where)) if isinstance(where, tuple) else where


@pytest.mark.parametrize("form", [name for name in FORMATS if name != "masks"])
def test_out_and_into_an_empty_project_changes_only_what_was_warned_of(
    drawn: Project, tmp_path: Path, form: str
) -> None:
    report = export_labels(drawn, form, tmp_path / "out", images="copy")
    with create_project(tmp_path / "again.tlproj") as again:
        came = import_source(again, tmp_path / "out")
        assert came.annotations >= report.annotations
        found = {name.rpartition("images/")[2]: rows for name, rows in geometry(again).items()}
    for rows in found.values():
        assert rows
    before = geometry(drawn)
    assert len(found) == report.images
    changed = [code for code in codes(report) if code.startswith("export.changed.to_")]
    parts = codes(report).get("export.changed.parts_apart", 0)
    lost = codes(report).get("export.lost.image_label", 0)
    count = sum(len([r for r in rows if len(r) > 1]) for rows in before.values())
    assert sum(len([r for r in rows if len(r) > 1]) for rows in found.values()) == (
        count + parts - lost
    )
    if not parts and not changed:
        wanted = {"/".join(sorted(map(repr, rows))) for rows in before.values()}
        assert {"/".join(sorted(map(repr, rows))) for rows in found.values()} <= wanted


def test_a_cancel_leaves_nothing(drawn: Project, tmp_path: Path) -> None:
    for stage in ("export.stage.labels", "export.stage.images"):
        cancel = Cancel()

        def stop(step: Step, stage: str = stage, cancel: Cancel = cancel) -> None:
            if step.stage == stage:
                cancel.set()

        with pytest.raises(Cancelled):
            export_labels(
                drawn, "coco", tmp_path / "new" / "deep" / "out", images="copy",
                progress=stop, cancel=cancel,
            )  # fmt: skip
        assert not (tmp_path / "new").exists()


def test_a_disk_that_fails_leaves_nothing(
    drawn: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tlstudio.services._export_images.shutil.copyfile", full)
    (tmp_path / "new").mkdir()
    with pytest.raises(UserError, match="No space left") as caught:
        export_labels(drawn, "voc", tmp_path / "new" / "out", images="copy")
    assert caught.value.code == "export.unwritable"
    assert beside(tmp_path / "new" / "out") == []


def test_a_folder_with_something_in_it_is_not_touched(drawn: Project, tmp_path: Path) -> None:
    out = tmp_path / "full"
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    for place, code in ((out, "not_empty"), (out / "mine.txt", "not_folder"),
                        (drawn.folder / "out", "inside_project")):  # fmt: skip
        with pytest.raises(UserError) as caught:
            export_labels(drawn, "coco", place)
        assert caught.value.code == f"export.{code}"
    assert beside(out / "mine.txt") == ["mine.txt"]
    (tmp_path / "empty").mkdir()
    assert export_labels(drawn, "csv", tmp_path / "empty").images == 5


@pytest.mark.parametrize(
    ("options", "code"),
    [({"format": "pdf"}, "export.format"), ({"images": "move"}, "export.images")],
)
def test_unknown_words_are_refused(
    drawn: Project, tmp_path: Path, options: dict[str, str], code: str
) -> None:
    with pytest.raises(UserError) as caught:
        export_labels(drawn, **{"format": "coco", **options}, out=tmp_path / "out")
    assert caught.value.code == code
    assert not (tmp_path / "out").exists()


def test_nothing_labelled_is_said(made: Callable[..., Project], tmp_path: Path) -> None:
    project = made(("one.png",))
    with pytest.raises(UserError) as caught:
        export_labels(project, "coco", tmp_path / "out")
    assert caught.value.code == "export.nothing"
    draw(project, 1, ImageLabel(id="", image=0, label=1))
    with pytest.raises(UserError) as caught:
        export_labels(project, "yolo", tmp_path / "out")
    assert caught.value.code == "export.nothing_held"
    assert not (tmp_path / "out").exists()


HOSTILE = (
    "../../up.png",
    "/etc/passwd.png",
    "C:\\windows\\x.png",
    "a/../../b.png",
    "aux.png",
    "NUL",
    "x" * 300 + ".png",
    "é 😀 [1].png",
    "tab\tand\nline.png",
    "same.png",
    "SAME.PNG",
    "q?.png",
    "..",
    "",
)


@pytest.mark.parametrize("form", FORMATS)
def test_names_are_made_safe_and_unique_and_the_changes_are_listed(
    made: Callable[..., Project], tmp_path: Path, form: str
) -> None:
    project = made(tuple(f"{n}.png" for n in range(len(HOSTILE))))
    ring = ((1.0, 1.0), (30.0, 3.0), (9.0, 30.0))

    def spoil(db: Any) -> None:
        rows = db.column("SELECT id FROM sources ORDER BY id")
        for number, name in zip(rows, HOSTILE, strict=True):
            db.execute("UPDATE sources SET original = ? WHERE id = ?", (name, number))

    project.transact("undo.import", spoil, undoable=False)
    for image in find_images(project, ImageQuery()):
        draw(project, image, Polygon(id="", image=0, label=1, parts=((ring,),)))
    before = {p for p in tmp_path.rglob("*") if "out" not in p.parts}
    report = export_labels(project, form, tmp_path / "out", images="copy")
    assert report.images == len(HOSTILE)
    after = {p for p in tmp_path.rglob("*") if not p.is_relative_to(tmp_path / "out")}
    assert after == before
    files = [p for p in (tmp_path / "out").rglob("*") if p.is_file()]
    names = [str(p.relative_to(tmp_path / "out")).casefold() for p in files]
    assert len(set(names)) == len(names)
    assert all(len(p.name.encode()) <= 200 for p in files)
    pictures = [p for p in files if p.read_bytes()[:4] == b"\x89PNG" and "masks" not in p.parts]
    assert len(pictures) == len(HOSTILE)
    table = (tmp_path / "out" / "renamed.tsv").read_text("utf-8").splitlines()
    assert len(table) - 1 == codes(report)["export.renamed"] >= 10


def test_suggestions_stay_unless_they_are_asked_for(drawn: Project, tmp_path: Path) -> None:
    guess = Provenance(suggestion=True, confidence=0.75)
    box = Box(id="", image=0, label=1, x=1.0, y=1.0, w=9.0, h=9.0, provenance=guess)
    draw(drawn, 1, box)
    draw(drawn, 6, box)
    without = export_labels(drawn, "coco", tmp_path / "without")
    assert codes(without)["export.left_out.suggestions"] == 2
    assert "0.75" not in (tmp_path / "without/annotations/instances_train.json").read_text()
    taken = export_labels(drawn, "coco", tmp_path / "with", suggestions=True)
    assert taken.annotations == without.annotations + 2
    assert codes(taken)["export.lost.suggestions"] == 2
    told = json.loads((tmp_path / "with/annotations/instances_train.json").read_text())
    assert [each["score"] for each in told["annotations"] if "score" in each] == [0.75]


def test_images_are_linked_where_that_can_be_done(drawn: Project, tmp_path: Path) -> None:
    export_labels(drawn, "voc", tmp_path / "out", images="link")
    source = drawn.folder / "images" / "a" / "x.png"
    assert (tmp_path / "out/JPEGImages/a/x.png").samefile(source)


def test_images_that_are_missing_are_named(drawn: Project, tmp_path: Path) -> None:
    (drawn.folder / "images" / "a" / "x.png").unlink()
    report = export_labels(drawn, "coco", tmp_path / "out", images="copy")
    missing = next(n for n in report.warnings if n.code == "export.images_missing")
    assert missing.params == {"count": 1, "example": "images/a/x.png"}
    assert report.images == 4


def test_an_image_that_its_file_turns_goes_out_upright(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = np.zeros((30, 60, 3), dtype=np.uint8)
    picture[:, :30] = 255
    Image.fromarray(picture).save(source / "turned.jpg", exif=exif, quality=95)
    with create_project(tmp_path / "t.tlproj", labels=("cell",)) as project:
        import_source(project, source)
        draw(project, 1, Box(id="", image=0, label=1, x=2.0, y=40.0, w=20.0, h=10.0))
        report = export_labels(project, "yolo", tmp_path / "out", images="copy")
    assert codes(report)["export.turned"] == 1
    with Image.open(tmp_path / "out/images/unsplit/turned.jpg") as out:
        assert out.size == (30, 60)
        assert out.getexif().get(0x0112, 1) == 1
        assert np.asarray(out)[10, 15].min() > 200 > 50 > np.asarray(out)[50, 15].max()


def test_a_look_says_what_an_export_would(drawn: Project, tmp_path: Path) -> None:
    looked = look_at_labels(drawn, "yolo-seg")
    report = export_labels(drawn, "yolo-seg", tmp_path / "out")
    assert looked is not None
    assert (looked.images, looked.annotations) == (report.images, report.annotations)
    assert codes(looked) == {k: v for k, v in codes(report).items() if k != "export.renamed"}


def test_damaged_masks_are_counted(drawn: Project, tmp_path: Path) -> None:
    drawn.transact(
        "undo.import",
        lambda db: db.execute("UPDATE mask_tiles SET data = ?", (b"none of ours",)),
        undoable=False,
    )
    report = export_labels(drawn, "coco", tmp_path / "out")
    assert codes(report)["export.left_out.damaged"] == 1
    assert report.annotations == 4


def test_what_only_the_project_holds_is_counted(drawn: Project, tmp_path: Path) -> None:
    def say(db: Any) -> None:
        db.execute("UPDATE images SET attributes = ? WHERE id = 2", ('{"lines": [1]}',))
        db.execute("UPDATE images SET attributes = ? WHERE id = 3", ('{"spacing": {}}',))
        db.insert("comments", {"image_id": 1, "made_at": db.now, "text": "look"})

    drawn.transact("undo.import", say, undoable=False)
    told = codes(export_labels(drawn, "coco", tmp_path / "out"))
    assert told["export.lost.extras"] == told["export.lost.comments"] == 1


def test_folders_of_pictures_do_not_grow_from_export_to_export(
    made: Callable[..., Project], tmp_path: Path
) -> None:
    project = made(("images/a/x.png", "images/b.png"))
    for image in (1, 2):
        draw(project, image, Box(id="", image=0, label=1, x=1.0, y=1.0, w=9.0, h=9.0))
    report = export_labels(project, "coco", tmp_path / "out", images="copy")
    files = {p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*.png")}
    assert files == {"images/a/x.png", "images/b.png"}
    assert "export.renamed" not in codes(report)
