"""What writers promise beside the round trip: words for every loss, exact numbers, no way out."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tlstudio.domain.annotations import KINDS
from tlstudio.domain.errors import Cancelled, UserError
from tlstudio.domain.images import ImageState, Split
from tlstudio.domain.messages import MESSAGES
from tlstudio.domain.progress import Cancel, silent
from tlstudio.formats import writers
from tlstudio.formats.annotation_set import ReadShape
from tlstudio.formats.writers import FORMATS, writer
from tlstudio.formats.writers.exported import Export, Folder, OutImage, OutLabel, WriteReport, stem
from tlstudio.formats.writers.geometry import column_runs, runs
from tlstudio.formats.writers.words import number, xml_text, xml_value, yaml_text
from tlstudio.formats.yaml_text import parse_yaml
from tlstudio.imaging.bitmap import Bitmap
from tlstudio.imaging.rle import counts_of_mask

CELL = (OutLabel("cell", "#E69F00"),)
BOX = ReadShape("box", "cell", box=(0.1, 0.2, 0.3, 4.0))


def go(name: str, out: Path, *images: OutImage, known: tuple[OutLabel, ...] = CELL) -> WriteReport:
    return writer(name).write(Export(known, len(images), lambda: images), out, silent, Cancel())


def test_every_loss_has_words() -> None:
    folder = Path(writers.__file__).parent
    source = "".join(file.read_text("utf-8") for file in folder.glob("*.py"))
    said = set(re.findall(r'"(export\.[a-z_.]+)"', source))
    said |= {f"export.lost.{kind}" for kind in KINDS}
    assert len(said) > 25
    assert said <= MESSAGES.keys()


@pytest.mark.parametrize("name", FORMATS)
def test_an_image_nobody_looked_at_is_not_listed_as_empty(name: str, tmp_path: Path) -> None:
    states = (ImageState.UNLABELLED, ImageState.DRAFT, ImageState.LABELLED, ImageState.REVIEWED)
    images = [OutImage(n, f"{n}.png", 20, 10, (), state) for n, state in enumerate(states)]
    report = go(name, tmp_path, *images)
    assert report.listed == (2, 3)
    assert report.losses["export.left_out.unlabelled"] == 2
    assert report.losses["export.lost.states"] == 1


def test_a_yolo_file_of_an_image_with_nothing_in_it_is_empty(tmp_path: Path) -> None:
    go("yolo", tmp_path, OutImage(1, "a/n.png", 20, 10, (), split=Split.TRAIN))
    assert (tmp_path / "labels/train/a/n.txt").read_bytes() == b""


def test_coco_counts_ids_from_one_and_keeps_every_digit(tmp_path: Path) -> None:
    go("coco", tmp_path, OutImage(7, "a.png", 20, 10, (BOX,)))
    told = json.loads((tmp_path / "annotations/instances_default.json").read_text())
    assert [told[name][0]["id"] for name in ("images", "annotations", "categories")] == [1, 1, 1]
    assert told["annotations"][0]["bbox"] == [0.1, 0.2, 0.3, 4.0]


def test_voc_counts_pixels_from_one_and_takes_the_last_one_in(tmp_path: Path) -> None:
    whole = ReadShape("box", "cell", box=(0.0, 0.0, 20.0, 10.0))
    go("voc", tmp_path, OutImage(1, "a.png", 20, 10, (whole,)))
    page = (tmp_path / "Annotations/a.xml").read_text()
    assert "<xmin>1</xmin><ymin>1</ymin><xmax>20</xmax><ymax>10</ymax>" in page


def test_voc_keeps_its_flags_and_says_what_else_is_lost(tmp_path: Path) -> None:
    told = {"difficult": True, "truncated": False, "occluded": "false", "pose": "Left"}
    hard = ReadShape("box", "cell", box=(0.0, 0.0, 5.0, 5.0), attributes=told)
    more = ReadShape("box", "cell", box=(6.0, 0.0, 5.0, 5.0), attributes={"size": 3})
    report = go("voc", tmp_path, OutImage(1, "a.png", 20, 10, (hard, more)))
    page = (tmp_path / "Annotations/a.xml").read_text()
    flags = "<truncated>0</truncated><difficult>1</difficult><occluded>0</occluded>"
    assert f"<pose>Left</pose>{flags}" in page and "<pose>Unspecified</pose>" in page
    assert report.losses["export.lost.attributes"] == 1


def test_groups_and_holes_and_flags_are_counted(tmp_path: Path) -> None:
    ring, hole = ((0.0, 0.0), (9.0, 0.0), (9.0, 9.0)), ((5.0, 1.0), (8.0, 1.0), (8.0, 4.0))
    shape = ReadShape(
        "polygon", "cell", parts=((ring, hole), (ring,)), group="t", crowd=True, instance=3,
        attributes={"a": 1}, author="Ada", confidence=0.5,
    )  # fmt: skip
    image = OutImage(1, "a.png", 20, 10, (shape,), group="patient", tags=("x",), split=Split.TEST)
    losses = go("yolo-seg", tmp_path, image).losses
    facts = ("groups", "crowd", "instances", "attributes", "authors", "confidence")
    facts += ("image_groups", "tags", "holes")
    assert all(losses[f"export.lost.{name}"] == 1 for name in facts)
    assert losses["export.changed.parts_apart"] == 1


def test_masks_hold_no_more_labels_than_a_byte_has_values(tmp_path: Path) -> None:
    known = tuple(OutLabel(f"l{n}", "#000000") for n in range(256))
    with pytest.raises(UserError) as caught:
        go("masks", tmp_path, known=known)
    assert caught.value.code == "export.too_many_labels"


@pytest.mark.parametrize("name", FORMATS)
def test_a_cancel_is_heeded(name: str, tmp_path: Path) -> None:
    cancel = Cancel()
    cancel.set()
    images = [OutImage(1, "a.png", 20, 10, (BOX,))]
    with pytest.raises(Cancelled):
        writer(name).write(Export(CELL, 1, lambda: images), tmp_path, silent, cancel)


@pytest.mark.parametrize("name", ["../x", "/x", "a/../../x", "C:/x", "a\\x/y"])
def test_no_name_leads_out_of_the_folder(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="leads out"):
        Folder(tmp_path / "in").text(name, "")


@given(arrays(np.bool_, st.tuples(st.integers(1, 9), st.integers(1, 9))), st.data())
def test_run_lengths_of_a_mask_are_those_of_the_whole_picture(
    mask: np.ndarray, data: st.DataObject
) -> None:
    x, y = data.draw(st.integers(0, 4)), data.draw(st.integers(0, 4))
    bitmap = Bitmap.from_array(mask, x, y, x + mask.shape[1] + 1, y + mask.shape[0])
    assert column_runs(bitmap).tolist() == counts_of_mask(bitmap.whole()).tolist()
    found = runs(mask)
    values = np.repeat(np.arange(len(found)) % 2 == 1, found)
    assert np.array_equal(values, mask.reshape(-1))


@given(st.text())
def test_any_text_can_be_told_in_xml_and_yaml(text: str) -> None:
    from defusedxml.ElementTree import fromstring

    page = fromstring(f"<a b={xml_value(text)}>{xml_text(text)}</a>")
    plain = re.sub("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "?", text)
    assert (page.text or "") == plain
    assert page.get("b") == plain
    if text and not re.search("[\ud800-\udfff\x00]", text):
        assert parse_yaml(f"a: {yaml_text(text)}", "x") == {"a": text}


@given(st.floats(0, 1e6))
def test_numbers_keep_every_digit(value: float) -> None:
    assert float(number(value)) == value


@pytest.mark.parametrize(
    ("name", "wanted"), [("a/b.c.png", "a/b.c"), ("a.b/c", "a.b/c"), (".x", ".x"), ("x", "x")]
)
def test_the_stem_is_the_name_without_its_ending(name: str, wanted: str) -> None:
    assert stem(name) == wanted


@pytest.mark.parametrize("name", ["yolo", "yolo-seg"])
def test_yolo_labels_lie_where_the_library_looks_for_them(name: str, tmp_path: Path) -> None:
    names = ("n.png", "train/images/a.png", "images/deep/b.png")
    images = [
        OutImage(n, each, 20, 10, (BOX,), split=Split.TRAIN) for n, each in enumerate(names, 1)
    ]
    go(name, tmp_path, *images)
    for image in images:
        picture = tmp_path / writer(name).place(image)
        before, after = str(picture).rsplit("/images/", 1)
        labels = Path(f"{before}/labels/{after}").with_suffix(".txt")
        assert labels.read_text().startswith("0 ")
