"""Tables of boxes: the columns of their tools, and rows that are wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tlstudio.domain.images import Split
from tlstudio.formats.annotation_set import AnnotationSet
from tlstudio.formats.listing import Listing
from tlstudio.formats.readers import csv_boxes

Read = Callable[..., AnnotationSet]
PICTURE = (100, 50)
BOX = (10.0, 5.0, 20.0, 30.0)


def boxes(found: AnnotationSet) -> list[Any]:
    return [(s.label, s.box) for image in found.images for s in image.shapes]


def reasons(found: AnnotationSet) -> dict[str, object]:
    return {line.reason: line.params.get("count") for line in found.skipped}


@pytest.mark.parametrize(
    "text",
    [
        "file,label,xmin,ymin,xmax,ymax\na.png,cell,10,5,30,35\n",
        "filename,width,height,class,xmin,ymin,xmax,ymax\na.png,100,50,cell,10,5,30,35\n",
        "file;label;x;y;w;h\na.png;cell;10;5;20;30\n",
        "image\tclass\tx1\ty1\tx2\ty2\na.png\tcell\t10\t5\t30\t35\n",
        "Label,Image Path,X,Y,Width,Height\ncell,a.png,10,5,20,30\n",
        "image_id,label,left,top,right,bottom\na,cell,10,5,30,35\n",
        'image_id,label,bbox\na,cell,"[10.0, 5.0, 20.0, 30.0]"\n',
        "a.png,10,5,30,35,cell\n",
        "ImageID,LabelName,XMin,XMax,YMin,YMax\na,cell,0.1,0.3,0.1,0.7\n",
    ],
)
def test_columns_of_many_tools(read: Read, text: str) -> None:
    found = read({"boxes.csv": text, "a.png": PICTURE}, "csv")
    ((label, box),) = boxes(found)
    assert (label, box) == ("cell", pytest.approx(BOX))
    assert [image.path for image in found.images] == ["a.png"]
    assert found.skipped == []


def test_several_boxes_splits_groups_and_an_image_without_any(read: Read) -> None:
    text = (
        "file,label,xmin,ymin,xmax,ymax,split,patient\n"
        "sub/a.png,cell,1,2,3,4,train,p1\nsub/a.png,wall,2,3,4.5,5,train,p1\n"
        "b.png,,,,,,val,p2\nc.png,sick,,,,,test,p3\n"
    )
    found = read({"boxes.csv": text, "sub/a.png": PICTURE, "b.png": PICTURE, "c.png": PICTURE})
    assert found.format == "csv"
    first, second, third = found.images
    assert (first.path, first.split, first.group) == ("sub/a.png", Split.TRAIN, "p1")
    assert [s.box for s in first.shapes] == [(1, 2, 2, 2), (2, 3, 2.5, 2)]
    assert (second.shapes, second.complete, second.split) == ((), True, Split.VAL)
    assert [(s.kind, s.label) for s in third.shapes] == [("image_label", "sick")]
    assert found.labels == ["cell", "wall", "sick"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("a.png,cell,1,2,x,4", "reading.not_numbers"),
        ("a.png,cell,1,2,nan,4", "reading.not_numbers"),
        ("a.png,cell,1,2,inf,4", "reading.not_numbers"),
        ("a.png,cell,1,2,1e999,4", "reading.not_numbers"),
        ("a.png,cell,1,2,,4", "reading.not_numbers"),
        ("a.png,cell,1", "reading.not_numbers"),
        ("a.png,cell,9,2,3,4", "reading.negative"),
        (",cell,1,2,3,4", "reading.no_image"),
    ],
)
def test_a_wrong_row_is_a_line_and_the_others_stay(read: Read, row: str, reason: str) -> None:
    text = f"file,label,xmin,ymin,xmax,ymax\na.png,cell,10,5,30,35\n{row}\n"
    found = read({"boxes.csv": text, "a.png": PICTURE})
    assert reasons(found) == {reason: 1}
    assert boxes(found) == [("cell", BOX)]


@pytest.mark.parametrize("path", ["/data/x/a.png", "..\\..\\a.png", "C:/x/a.png"])
def test_paths_of_other_machines(read: Read, path: str) -> None:
    text = f"file,label,xmin,ymin,xmax,ymax\n{path},cell,10,5,30,35\n"
    found = read({"t/boxes.csv": text, "pics/a.png": PICTURE})
    assert [image.path for image in found.images] == ["pics/a.png"]


def test_fractions_of_an_image_that_is_not_there(read: Read) -> None:
    text = "file,label,xmin,ymin,xmax,ymax\nb.png,cell,0.1,0.1,0.2,0.2\n"
    found = read({"boxes.csv": text, "a.png": PICTURE})
    assert reasons(found) == {"objects.no_size": 1}


def test_tables_of_labels_and_of_via_are_none(listing_of: Callable[..., Listing]) -> None:
    listing = listing_of(
        {
            "labels.csv": "file,label\na.png,cell\n",
            "two.csv": "a.png,cell\n",
            "points.csv": "file,x,y\na.png,1,2\n",
            "via.csv": "filename,file_size,region_shape_attributes,x,y,w,h\n",
            "odd.csv": "\0\0\0\n",
            "empty.csv": "",
        }
    )
    assert csv_boxes.sniff(listing) is None
