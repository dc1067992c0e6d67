"""DICOM, NIfTI and files of several frames: each frame an image, no patient inside the project."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import nibabel
import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, JPEG2000Lossless, generate_uid

from tlstudio.domain.annotations import Box
from tlstudio.domain.images import ImageQuery
from tlstudio.formats.annotation_set import ReadImage, ReadShape
from tlstudio.formats.entries import Entry, Found
from tlstudio.imaging.levels import read_raw
from tlstudio.services import images, labelling, pictures, relinking, shaping
from tlstudio.services.datasets import ImportOptions, import_source
from tlstudio.services.exporting_labels import export_labels
from tlstudio.services.identity_key import identity_key, key_file
from tlstudio.services.projects import create_project
from tlstudio.storage import images as stored
from tlstudio.storage.project import Project

PLANTED = ("Quixote", "PATIENT-4711", "Panza", "Mancha", "ACC998877", "19470316", "1.2.3.4.5.6.7")


def dicom(path: Path, patient: str = "PATIENT-4711", position: int = 0, seed: int = 0) -> Path:
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.SOPClassUID = made.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    made.SOPInstanceUID = made.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.4.5.6.7.{position}"
    made.StudyInstanceUID, made.SeriesInstanceUID = "1.2.3.4.5.6.7.100", "1.2.3.4.5.6.7.200"
    made.PatientName, made.PatientID = "Quixote^Don", patient
    made.PatientBirthDate, made.AccessionNumber = "19470316", "ACC998877"
    made.ReferringPhysicianName, made.InstitutionName = "Panza^Sancho", "Hospital La Mancha"
    made.ImageComments = "sent by Sancho Panza"
    made.WindowCenterWidthExplanation = ["SOFT", "for Quixote"]
    made.add_new(0x00091001, "LO", "Quixote again")
    made.Modality, made.RescaleType = "CT", "HU"
    made.RescaleSlope, made.RescaleIntercept = 1, -1024
    made.WindowCenter, made.WindowWidth = [40, 300], [400, 1500]
    made.ImagePositionPatient = [0, 0, float(position)]
    made.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    made.PixelSpacing = [0.5, 0.25]
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    made.Rows, made.Columns = 24, 32
    made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = 16, 12, 11, 0
    pixels = np.random.default_rng(seed + 100 * position).integers(0, 4096, (24, 32))
    made.PixelData = pixels.astype("<u2").tobytes()
    made.save_as(path, enforce_file_format=True)
    return path


@pytest.fixture
def project(tmp_path: Path) -> Project:
    with create_project(tmp_path / "p.tlproj") as made:
        yield made


def every_byte(folder: Path) -> bytes:
    return b"\n".join(p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file())


def test_a_copy_has_the_pixels_and_no_patient(project: Project, tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    dicom(source / "scan.dcm")
    report = import_source(project, source)
    (image,) = images.find_images(project)
    (row,) = images.image_rows(project, [image])
    copy = images.image_path(project, image)
    assert row.group is not None
    assert row.group.startswith("patient ")
    before, after = read_raw(source / "scan.dcm"), read_raw(copy)
    assert np.array_equal(before.values, after.values)
    assert (after.unit, after.spacing) == ("HU", before.spacing)
    assert after.window is not None
    assert (after.window.low, after.window.high, after.window.name) == (-160, 239, "")
    pixels = pydicom.dcmread(copy).PixelData
    assert pixels == pydicom.dcmread(source / "scan.dcm").PixelData
    project.close()
    everything = every_byte(project.folder) + every_byte(Path(os.environ["TLSTUDIO_HOME"]))
    for word in PLANTED:
        assert word.encode() not in everything, word
    assert {notice.code for notice in report.warnings} == {"data.grouped_by_patient"}


def test_the_key_is_made_once_and_for_its_user_alone() -> None:
    first = identity_key()
    assert len(first) == 32
    assert identity_key() == first
    if os.name == "posix":
        assert stat.S_IMODE(key_file().stat().st_mode) == 0o600


def test_one_patient_is_one_group_and_slices_are_in_order(project: Project, tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    for name, position in (("a", 3), ("b", 1), ("c", 2)):
        dicom(source / f"{name}.dcm", position=position)
    dicom(source / "d.dcm", patient="OTHER-1", position=9)
    import_source(project, source)
    rows = images.image_rows(project, images.find_images(project))
    assert [row.name for row in rows] == ["b.dcm", "c.dcm", "a.dcm", "d.dcm"]
    groups = [row.group for row in rows]
    assert len(set(groups[:3])) == 1
    assert groups[3] != groups[0]


def test_the_same_files_again_are_known(project: Project, tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    dicom(source / "scan.dcm")
    import_source(project, source)
    again = import_source(project, source)
    assert (again.images_added, again.images_matched) == (0, 1)
    key_file().unlink()  # another machine: pixels tell
    third = import_source(project, source)
    assert (third.images_added, third.images_matched) == (0, 1)
    (source / "scan.dcm").unlink()
    dicom(source / "scan.dcm", seed=5)
    other = import_source(project, source)
    assert (other.images_added, other.images_matched) == (1, 0)


def test_a_rule_of_a_person_goes_before_the_patient(project: Project, tmp_path: Path) -> None:
    source = tmp_path / "in" / "day 1"
    source.mkdir(parents=True)
    dicom(source / "scan.dcm")
    import_source(project, tmp_path / "in", ImportOptions(group_from="folder:1"))
    (row,) = images.image_rows(project, images.find_images(project))
    assert row.group == "day 1"
    report = import_source(project, tmp_path / "in", ImportOptions(group_from="dicom"))
    assert report.images_matched == 1
    (row,) = images.image_rows(project, images.find_images(project))
    assert row.group is not None
    assert row.group.startswith("patient ")


def test_a_reference_leaves_the_file_alone(project: Project, tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    path = dicom(source / "scan.dcm")
    before = path.read_bytes()
    import_source(project, source, ImportOptions(copy=False))
    assert path.read_bytes() == before
    assert import_source(project, source, ImportOptions(copy=False)).images_matched == 1
    project.close()
    for word in PLANTED:
        assert word.encode() not in every_byte(project.folder), word


def test_compressed_pixels_are_kept_as_they_are(project: Project, tmp_path: Path) -> None:
    sample = Path(pydicom.__file__).parent / "data/test_files/examples_jpeg2k.dcm"
    import_source(project, sample)
    (image,) = images.find_images(project)
    copy = pydicom.dcmread(images.image_path(project, image))
    original = pydicom.dcmread(sample)
    assert copy.file_meta.TransferSyntaxUID == original.file_meta.TransferSyntaxUID
    assert copy.PixelData == original.PixelData
    assert original.file_meta.TransferSyntaxUID in (JPEG2000Lossless, copy.file_meta[0x20010].value)
    assert str(copy.SOPInstanceUID).startswith("2.25.")
    assert not [each for each in copy if each.tag.is_private]


def test_slices_of_a_volume_are_images_of_their_own(project: Project, tmp_path: Path) -> None:
    values = np.arange(4 * 5 * 6, dtype=np.int16).reshape(4, 5, 6)
    nibabel.save(nibabel.Nifti1Image(values, np.eye(4)), tmp_path / "scan.nii.gz")
    report = import_source(project, tmp_path / "scan.nii.gz")
    assert (report.images, report.images_added, report.groups) == (6, 6, 1)
    assert {"data.many_frames", "data.grouped_by_file"} == {w.code for w in report.warnings}
    ids = images.find_images(project)
    rows = images.image_rows(project, ids)
    assert [row.name for row in rows] == [f"scan.nii.gz [z {n}]" for n in range(1, 7)]
    assert {row.group for row in rows} == {"scan.nii.gz"}
    picture = pictures.load_picture(project, ids[2])
    assert pictures.value_at(picture, 0, 0) == (float(values[3, 4, 2]),)
    assert len(images.thumbnails(project, [row.pixel_hash for row in rows])) == 6
    again = import_source(project, tmp_path / "scan.nii.gz")
    assert (again.images_added, again.images_matched) == (0, 6)


def test_thumbnails_of_frames_are_drawn_again(project: Project, tmp_path: Path) -> None:
    frames = [Image.new("L", (8, 6), 60 * n) for n in range(4)]
    frames[0].save(tmp_path / "a.tif", save_all=True, append_images=frames[1:])
    import_source(project, tmp_path / "a.tif")
    hashes = [row.pixel_hash for row in images.image_rows(project, images.find_images(project))]
    before = images.thumbnails(project, hashes)
    project.thumbnails.remove(hashes)
    assert images.thumbnails(project, hashes) == before
    assert len(before) == 4


def test_a_broken_page_is_named_and_the_others_come_in(project: Project, tmp_path: Path) -> None:
    frames = [Image.fromarray(np.full((40, 40), n, np.uint8)) for n in range(3)]
    path = tmp_path / "a.tif"
    frames[0].save(path, save_all=True, append_images=frames[1:], compression="tiff_lzw")
    with Image.open(path) as image:
        image.seek(1)
        offset, size = image.tag_v2[273][0], image.tag_v2[279][0]
    data = bytearray(path.read_bytes())
    data[offset : offset + size] = b"\xff" * size
    path.write_bytes(bytes(data))
    report = import_source(project, path)
    assert report.images_added == 2
    assert [(item.file.rsplit("/", 1)[-1]) for item in report.skipped] == ["a.tif [2]"]
    rows = images.image_rows(project, images.find_images(project))
    assert [(row.name, row.frame) for row in rows] == [("a.tif [1]", 0), ("a.tif [3]", 2)]


def test_a_moved_file_of_frames_is_found_again(project: Project, tmp_path: Path) -> None:
    frames = [Image.new("L", (8, 6), 60 * n) for n in range(3)]
    (tmp_path / "there").mkdir()
    path = tmp_path / "there/a.tif"
    frames[0].save(path, save_all=True, append_images=frames[1:])
    import_source(project, path, ImportOptions(copy=False))
    path.rename(tmp_path / "elsewhere.tif")
    assert len(relinking.missing_images(project)) == 3
    assert relinking.relink(project, tmp_path).relinked == 1
    assert images.find_images(project, ImageQuery(missing=True)) == []


def test_taking_the_first_frame_out_leaves_the_file_known(project: Project, tmp_path: Path) -> None:
    frames = [Image.new("L", (8, 6), 60 * n) for n in range(3)]
    frames[0].save(tmp_path / "a.tif", save_all=True, append_images=frames[1:])
    import_source(project, tmp_path / "a.tif")
    first, *rest = images.find_images(project)
    project.transact("undo.x", lambda db: stored.delete_images(db, [first]))
    again = import_source(project, tmp_path / "a.tif")
    assert (again.images_added, again.images_matched) == (0, 2)
    assert images.find_images(project) == rest


def test_nothing_is_left_of_an_import_that_cannot_be_cleaned(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_parts: object) -> None:
        raise ValueError("Quixote")

    monkeypatch.setattr("tlstudio.imaging.dicom.cleaning.cleaned_dataset", fail)
    report = import_source(project, dicom(tmp_path / "scan.dcm"))
    assert report.images_added == 0
    assert [item.reason for item in report.skipped] == ["data.dicom_not_cleaned"]
    assert not [p for p in (project.folder / "images").rglob("*") if p.is_file()]


def test_uids_of_a_study_stay_together(project: Project, tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    for n in (1, 2):
        dicom(source / f"{n}.dcm", position=n)
    import_source(project, source)
    copies = [pydicom.dcmread(images.image_path(project, n)) for n in images.find_images(project)]
    assert len({str(copy.SeriesInstanceUID) for copy in copies}) == 1
    assert len({str(copy.SOPInstanceUID) for copy in copies}) == 2
    assert generate_uid(None).startswith("2.25.")


def test_the_window_of_the_file_is_shown_first(project: Project, tmp_path: Path) -> None:
    import_source(project, dicom(tmp_path / "scan.dcm"))
    (image,) = images.find_images(project)
    picture = pictures.load_picture(project, image)
    stated = [(window.low, window.high) for window in picture.windows]
    assert stated[:2] == [(-160.0, 239.0), (-450.0, 1049.0)]
    assert picture.windows[-1].name == pictures.AUTOMATIC
    assert (picture.low, picture.high, picture.unit) == (-160.0, 239.0, "HU")
    size = (picture.width, picture.height)
    seen = pictures.render(picture, (0, 0, *size), size, pictures.Adjust())
    values = picture.levels[0]
    assert (seen[values <= -160] == 0).all()
    assert (seen[values >= 239] == 255).all()


def test_what_is_white_at_zero_is_turned_over_for_the_eye_alone(
    project: Project, tmp_path: Path
) -> None:
    path = dicom(tmp_path / "scan.dcm")
    data = pydicom.dcmread(path)
    data.PhotometricInterpretation = "MONOCHROME1"
    data.save_as(path)
    import_source(project, path)
    (image,) = images.find_images(project)
    picture = pictures.load_picture(project, image)
    size = (picture.width, picture.height)
    seen = pictures.render(picture, (0, 0, *size), size, pictures.Adjust())
    values = picture.levels[0]
    assert (seen[values <= -160] == 255).all()
    row, column = np.unravel_index(int(values.argmin()), values.shape)
    assert pictures.value_at(picture, column, row) == (float(values.min()),)


def labelled(project: Project) -> list[int]:
    found = images.find_images(project)
    labelling.add_labels(project, ["lesion"])
    label = labelling.label_named(project, "lesion").id
    labelling.assign_label(project, found, label)
    return found


@pytest.mark.parametrize("how", ["copy", "link"])
def test_an_export_writes_frames_as_pictures_with_their_values(
    how: str, project: Project, tmp_path: Path
) -> None:
    source = tmp_path / "in"
    source.mkdir()
    dicom(source / "scan.dcm")
    values = np.arange(4 * 5 * 3, dtype=np.uint16).reshape(4, 5, 3)
    nibabel.save(nibabel.Nifti1Image(values, np.eye(4)), source / "head.nii.gz")
    import_source(project, source)
    labelled(project)
    report = export_labels(project, "csv", tmp_path / "out", images=how)
    written = sorted(p.name for p in (tmp_path / "out").rglob("*.png"))
    assert written == [*(f"head.nii.gz-z{n}.png" for n in (1, 2, 3)), "scan.dcm.png"]
    codes = {notice.code: notice.params for notice in report.warnings}
    assert codes["export.as_pictures"] == {"count": 4}
    assert codes["export.values_shifted"] == {"count": 1}
    (scan,) = (tmp_path / "out").rglob("scan.dcm.png")
    raw = read_raw(source / "scan.dcm")
    assert np.array_equal(read_raw(scan).values, raw.values + np.float32(1024))
    (slice_,) = (tmp_path / "out").rglob("head.nii.gz-z2.png")
    assert np.array_equal(read_raw(slice_).values, values[::-1, ::-1, 1].T)


def test_annotations_of_frames_find_their_frame_again(project: Project, tmp_path: Path) -> None:
    frames = [Image.new("L", (8, 6), 60 * n) for n in range(3)]
    frames[0].save(tmp_path / "a.tif", save_all=True, append_images=frames[1:])
    import_source(project, tmp_path / "a.tif")
    first, second, third = labelled(project)
    label = labelling.list_labels(project)[0].id
    shaping.add_shapes(project, third, [Box(id="", image=third, label=label, x=1, y=1, w=3, h=2)])
    export_labels(project, "coco", tmp_path / "out", images="none")
    again = import_source(project, tmp_path / "out")
    assert (again.images_added, again.images_missing) == (0, 0)
    assert again.images_matched == 1 or again.images_matched == 3
    assert (
        again.shapes.get("added", 0) + again.shapes.get("same", 0) + again.shapes.get("kept", 0)
        == 1
    )
    assert {row.id: row.shapes for row in images.image_rows(project, [first, second])} == {
        first: 0,
        second: 0,
    }


def test_annotations_that_name_no_frame_go_to_the_first_and_it_is_said(
    project: Project, tmp_path: Path
) -> None:
    frames = [Image.new("L", (8, 6), 60 * n) for n in range(3)]
    frames[0].save(tmp_path / "a.tif", save_all=True, append_images=frames[1:])
    coco = {
        "images": [{"id": 1, "file_name": "a.tif", "width": 8, "height": 6}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 3, 2]}],
        "categories": [{"id": 1, "name": "cell"}],
    }
    (tmp_path / "boxes.json").write_text(json.dumps(coco))
    report = import_source(project, tmp_path)
    told = {warning.code: warning.params for warning in report.warnings}
    assert told["data.first_frame_only"] == {"count": 1}
    rows = images.image_rows(project, images.find_images(project))
    assert [row.shapes for row in rows] == [1, 0, 0]


def test_what_is_said_of_a_frame_goes_to_that_frame(project: Project, tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    frames = [Image.new("L", (40, 30), 60 * n) for n in range(3)]
    frames[0].save(source / "film.tif", save_all=True, append_images=frames[1:])
    entry = Entry(
        source / "film.tif",
        "film.tif",
        said=ReadImage("film.tif"),
        frames={
            2: ReadImage("film.tif", (ReadShape("box", "cell", box=(1, 2, 3, 4)),), frame=2),
            9: ReadImage("film.tif", frame=9),
        },
    )
    found = Found("x", [entry], labels=["cell"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tlstudio.services.datasets.read_source", lambda *_a, **_k: found)
        report = import_source(project, source)
    rows = images.image_rows(project, images.find_images(project))
    assert [row.shapes for row in rows] == [0, 0, 1]
    assert [item.reason for item in report.skipped] == ["data.frame_not_here"]


def test_a_quick_look_at_a_dicom_without_a_thumbnail(project: Project, tmp_path: Path) -> None:
    import_source(project, dicom(tmp_path / "scan.dcm"))
    (row,) = images.image_rows(project, images.find_images(project))
    quick = pictures.load_picture(project, row.id, quick=True)
    assert quick.preview
    project.thumbnails.remove([row.pixel_hash])
    whole = pictures.load_picture(project, row.id, quick=True)
    assert not whole.preview
    assert whole.unit == "HU"


def test_text_in_the_pixels_is_shown_and_said(project: Project, tmp_path: Path) -> None:
    path = dicom(tmp_path / "scan.dcm")
    data = pydicom.dcmread(path)
    data.BurnedInAnnotation = "YES"
    data.save_as(path)
    Image.new("L", (8, 8)).save(tmp_path / "plain.png")
    import_source(project, [path, tmp_path / "plain.png"])
    flagged, plain = images.find_images(project)
    assert [row.burned_in for row in images.image_rows(project, [flagged, plain])] == [True, False]
    assert images.find_images(project, ImageQuery(burned_in=True)) == [flagged]
    assert images.find_images(project, ImageQuery(burned_in=False)) == [plain]
    assert images.facets(project, ["burned_in"]) == {"burned_in": {True: 1, False: 1}}
    labelled(project)
    told = export_labels(project, "csv", tmp_path / "with", images="copy").warnings
    assert {"export.burned_in": {"count": 1}}.items() <= {n.code: n.params for n in told}.items()
    told = export_labels(project, "csv", tmp_path / "without", images="none").warnings
    assert "export.burned_in" not in {notice.code for notice in told}
