"""Imports that leave the names of files behind, and know the files again all the same."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tlstudio.domain.errors import UserError
from tlstudio.services import images, relinking, workbench
from tlstudio.services.datasets import ImportOptions, import_source
from tlstudio.services.identity_key import key_file
from tlstudio.services.patient_key import export_key, import_key, key_notices
from tlstudio.services.projects import back_up_now, create_project
from tlstudio.storage import imports
from tlstudio.storage.project import Project

sys.path.append(str(Path(__file__).parent))
from patients import dicom
from planted import found_in

RENAME = ImportOptions(format="images", rename=True)
AUTO = ImportOptions(rename=True)
NAMES = ("Meier", "Schmid", "Ambulanz", "Befund", "Zwölf")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Folders and files called after patients, one of them broken, one that is no image."""
    folder = tmp_path / "Ambulanz" / "Befund"
    for number, name in enumerate(("Meier", "Schmid")):
        (folder / name).mkdir(parents=True)
        for side in range(2):
            picture = Image.new("RGB", (20, 16), (90 * number, 60 * side, 10))
            picture.save(folder / name / f"{name} {side} Zwölf.png")
    (folder / "Meier" / "Schmid broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    (folder / "Meier" / "Schmid.doc").write_bytes(b"text")
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with create_project(tmp_path / "p") as made:
        yield made


def rows(project: Project):
    return images.image_rows(project, images.find_images(project))


def clean(project: Project, tl_home: Path) -> None:
    back_up_now(project)
    folder = project.folder
    project.close()
    assert found_in([folder, tl_home], NAMES) == []


def test_no_name_of_a_file_or_folder_comes_in(
    project: Project, source: Path, tl_home: Path
) -> None:
    report = import_source(project, source.parent, ImportOptions(format="images", rename=True))
    assert report.images_added == 4
    assert [row.name for row in rows(project)] == [f"image-{n:06d}.png" for n in (2, 3, 4, 5)] or [
        row.name for row in rows(project)
    ] == [f"image-{n:06d}.png" for n in (1, 2, 4, 5)]
    assert {"data.renamed"} <= {notice.code for notice in report.warnings}
    told = [item.file for item in report.skipped]
    assert any("Schmid broken" in file for file in told), "the person is told the real name"
    with project.read() as db:
        kept = imports.skipped(db)
    assert len(kept) == len(report.skipped) == 2
    clean(project, tl_home)


def test_the_same_files_again_are_known(project: Project, source: Path, tl_home: Path) -> None:
    import_source(project, source, RENAME)
    before = rows(project)
    again = import_source(project, source, RENAME)
    assert (again.images_added, again.images_matched) == (0, 4)
    plain = import_source(project, source, ImportOptions(format="images"))
    assert (plain.images_added, plain.images_matched) == (0, 4)
    assert rows(project) == before
    (source / "Meier" / "Meier 0 Zwölf.png").unlink()
    Image.new("RGB", (9, 9)).save(source / "Meier" / "Meier 9 Zwölf.png")
    more = import_source(project, source, RENAME)
    assert (more.images_added, more.images_matched) == (1, 3)


def test_files_that_came_under_their_names_are_not_doubled(project: Project, source: Path) -> None:
    import_source(project, source)
    names = [row.name for row in rows(project)]
    again = import_source(project, source, RENAME)
    assert (again.images_added, again.images_matched) == (0, 4)
    assert [row.name for row in rows(project)] == names


def coco(path: Path, name: str, note: str) -> None:
    """A box on one image, and a note beside it."""
    path.write_text(
        json.dumps(
            {
                "images": [{"id": 1, "file_name": name, "width": 20, "height": 16}],
                "categories": [{"id": 1, "name": "cell"}],
                "annotations": [
                    {
                        "id": 7, "image_id": 1, "category_id": 1, "bbox": [1, 2, 5, 6],
                        "area": 30, "iscrowd": 0, "segmentation": [],
                        "attributes": {"seen by": "Dr. X", "note": note},
                    }
                ],
            }
        ),
        encoding="utf-8",
    )  # fmt: skip


def test_annotations_find_their_images_by_the_old_names(
    project: Project, source: Path, tmp_path: Path, tl_home: Path
) -> None:
    coco(source / "a.json", "Schmid/Schmid 1 Zwölf.png", "like MEIER, left")
    first = import_source(project, source, AUTO)
    assert first.kinds.get("box") == 1
    assert "data.texts_scrubbed" in {notice.code for notice in first.warnings}
    opened = [workbench.open_image(project, row.id) for row in rows(project)]
    (box,) = [shape for each in opened for shape in each.annotations]
    assert box.attributes["seen by"] == "Dr. X"
    assert "note" not in box.attributes or box.attributes["note"] == ""
    elsewhere = tmp_path / "later"
    elsewhere.mkdir()
    coco(elsewhere / "a.json", "other/place/Meier 0 Zwölf.png", "Meier zwölf")
    later = import_source(project, elsewhere, AUTO)
    assert (later.images_matched, later.images_missing) == (1, 0)
    assert [row.shapes for row in rows(project)].count(1) == 2
    clean(project, tl_home)


def test_groups_from_names_become_codes_that_another_machine_makes_again(
    source: Path, tmp_path: Path, tl_home: Path
) -> None:
    groups = []
    for place in ("one", "two"):
        with create_project(tmp_path / place) as project:
            options = ImportOptions(format="images", group_from="folder:1", rename=True)
            report = import_source(project, source, options)
            assert report.groups == 2
            assert "data.groups_hashed" in {notice.code for notice in report.warnings}
            groups.append([row.group for row in rows(project)])
            assert key_notices(project) == []
            clean(project, tl_home)
        if place == "one":
            export_key(tmp_path / "key.json")
            key_file().unlink()
            import_key(tmp_path / "key.json")
    assert groups[0] == groups[1]
    assert all(str(group).startswith("group ") for group in groups[0])


def test_a_file_left_out_that_comes_later_is_no_longer_listed(
    project: Project, source: Path
) -> None:
    import_source(project, source, RENAME)
    Image.new("RGB", (12, 12), 77).save(source / "Meier" / "Schmid broken.jpg")
    assert import_source(project, source, RENAME).images_added == 1
    with project.read() as db:
        assert len(imports.skipped(db)) == 1


def test_frames_keep_what_they_are_called_in_their_file(
    project: Project, tmp_path: Path, tl_home: Path
) -> None:
    source = tmp_path / "in"
    source.mkdir()
    frames = [Image.new("L", (8, 6), 60 * n) for n in range(3)]
    frames[0].save(source / "Meier.tif", save_all=True, append_images=frames[1:])
    dicom(source / "Schmid.dcm")
    import_source(project, source, RENAME)
    assert {row.name for row in rows(project)} == {
        *(f"image-000001.tif [{n}]" for n in (1, 2, 3)),
        "image-000002.dcm",
    }
    clean(project, tl_home)


def test_a_reference_needs_its_name(project: Project, source: Path) -> None:
    with pytest.raises(UserError) as error:
        import_source(project, source, ImportOptions(rename=True, copy=False))
    assert error.value.code == "data.rename_reference"


def test_a_lost_copy_is_made_again_from_its_original(
    project: Project, source: Path, tmp_path: Path, tl_home: Path
) -> None:
    dicom(source / "Meier" / "Schmid.dcm")
    exif = Image.Exif()
    exif[0x013B] = "Meier"
    Image.new("RGB", (8, 8), 90).save(source / "Meier" / "Zwölf.jpg", exif=exif)
    import_source(project, source, RENAME)
    before = [row.path for row in rows(project)]
    for path in before:
        (project.folder / path).unlink()
    assert len(relinking.missing_images(project)) == 6
    assert relinking.relink(project, source).relinked == 6
    assert [row.path for row in rows(project)] == before
    assert all((project.folder / path).is_file() for path in before)
    assert import_source(project, source, RENAME).images_added == 0
    clean(project, tl_home)


def test_labels_that_are_names_of_folders_are_named(project: Project, source: Path) -> None:
    report = import_source(project, source, AUTO)
    assert report.format == "class-folders"
    told = {notice.code: notice.params for notice in report.warnings}
    assert told["data.labels_of_folders"] == {"names": "Meier, Schmid"}
