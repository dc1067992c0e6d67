"""What goes out comes back: each format is written and read again, for any annotations.

What a format cannot hold is told beforehand by `carried`, in the words of its warnings; all
else must come back as it was.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from PIL import Image

from tlstudio.domain.images import ImageState, Split
from tlstudio.domain.labels import BACKGROUND_NAMES
from tlstudio.domain.progress import Cancel, silent
from tlstudio.domain.shapes import Parts, ring_reason
from tlstudio.formats.annotation_set import AnnotationSet, ReadShape
from tlstudio.formats.attach import attach
from tlstudio.formats.listing import Listing
from tlstudio.formats.readers import reader_named, sniff_source
from tlstudio.formats.walk import list_files
from tlstudio.formats.writers import FORMATS, writer
from tlstudio.formats.writers.exported import Export, OutImage, OutLabel, WriteReport
from tlstudio.formats.writers.geometry import bounds_of, outline_of, pixels_of
from tlstudio.imaging.bitmap import Bitmap

READ_AS = {"yolo-seg": "yolo"}
NEAR = 1e-6
"""Pixels; shares and per cent of an image cost some last digits."""

# --- any annotations ---------------------------------------------------------------------------

LETTERS = st.characters(blacklist_categories=("Cc", "Cs", "Zl", "Zp", "Zs", "Cn", "Co"))
WORDS = st.text(LETTERS, min_size=1, max_size=12)


@st.composite
def labels(draw: Any) -> tuple[OutLabel, ...]:
    names = draw(st.lists(WORDS, min_size=1, max_size=4, unique_by=str.casefold))
    names.append(f"{names[0]} & <{names[0]}>")
    colours = st.integers(0, 0xFFFFFF).map(lambda value: f"#{value:06X}")
    return tuple(OutLabel(name, draw(colours)) for name in dict.fromkeys(names))


def within(most: int) -> st.SearchStrategy[float]:
    return st.one_of(
        st.integers(0, most).map(float), st.floats(0, most, allow_subnormal=False, width=32)
    )


@st.composite
def boxes(draw: Any, width: int, height: int) -> dict[str, Any]:
    x, y = draw(within(width - 1)), draw(within(height - 1))
    w = draw(st.floats(1, max(1, width - x)))
    h = draw(st.floats(1, max(1, height - y)))
    return {"kind": "box", "box": (x, y, w, h)}


@st.composite
def rings(draw: Any, width: int, height: int) -> tuple[tuple[float, float], ...]:
    points = st.tuples(within(width), within(height))
    found = draw(st.lists(points, min_size=3, max_size=8, unique=True))
    ring = tuple(found)
    return ring if ring_reason(ring) is None else ((0.0, 0.0), (width, 0.5), (0.25, height))


@st.composite
def polygons(draw: Any, width: int, height: int) -> dict[str, Any]:
    part = st.lists(rings(width, height), min_size=1, max_size=2).map(tuple)
    parts = draw(st.lists(part, min_size=1, max_size=2))
    return {"kind": "polygon", "parts": tuple(parts)}


@st.composite
def masks(draw: Any, width: int, height: int) -> dict[str, Any]:
    x, y = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    w = draw(st.integers(1, min(20, width - x)))
    h = draw(st.integers(1, min(20, height - y)))
    bits = draw(st.lists(st.booleans(), min_size=w * h, max_size=w * h))
    mask = np.array(bits, dtype=np.bool_).reshape(h, w)
    mask[draw(st.integers(0, h - 1)), draw(st.integers(0, w - 1))] = True
    return {"kind": "mask", "bitmap": Bitmap.from_array(mask, x, y, width, height)}


@st.composite
def shapes(draw: Any, known: tuple[OutLabel, ...], width: int, height: int) -> ReadShape:
    place = draw(
        st.one_of(
            boxes(width, height),
            polygons(width, height),
            masks(width, height),
            st.just({"kind": "image_label"}),
        )
    )
    values = st.one_of(WORDS, st.booleans(), st.integers(1, 9), st.floats(0.5, 2))
    return ReadShape(
        label=draw(st.sampled_from(known)).name,
        crowd=draw(st.booleans()),
        group=draw(st.none() | st.integers(1, 99).map(str) | st.just("track A")),
        attributes=draw(st.dictionaries(st.sampled_from(["size", "é"]), values, max_size=2)),
        **place,
    )


def _image_labels_once(found: list[ReadShape]) -> tuple[ReadShape, ...]:
    seen: set[str] = set()
    kept = []
    for shape in found:
        if shape.kind == "image_label":
            if shape.label in seen:
                continue
            seen.add(shape.label)
        kept.append(shape)
    return tuple(kept)


@st.composite
def exports(draw: Any) -> tuple[tuple[OutLabel, ...], list[OutImage]]:
    known = draw(labels())
    stems = draw(st.lists(WORDS.filter(_a_file_name), max_size=3, unique_by=_as_found))
    images = []
    for number, stem in enumerate(stems, start=1):
        width, height = draw(st.integers(3, 40)), draw(st.integers(3, 40))
        if draw(st.integers(0, 19)) == 19:
            width, height = width + 500, height + 10
        folder = draw(st.sampled_from(["", "", "wall/", "a b/c.d/"]))
        images.append(
            OutImage(
                id=number,
                name=f"{folder}{stem}.png",
                width=width,
                height=height,
                shapes=_image_labels_once(draw(st.lists(shapes(known, width, height), max_size=4))),
                state=ImageState.LABELLED,
                split=draw(st.none() | st.sampled_from(Split)),
            )
        )
    return known, images


def _a_file_name(text: str) -> bool:
    from tlstudio.services._naming import safe_part

    return safe_part(f"{text}.png") == f"{text}.png" and not text.startswith((".", "~"))


def _as_found(text: str) -> str:
    import unicodedata

    return unicodedata.normalize("NFC", text).casefold()


# --- what each format holds --------------------------------------------------------------------

Carried = Iterator[ReadShape]


def _bare(shape: ReadShape, **facts: Any) -> ReadShape:
    """Kind, label and place only."""
    place = {"box": shape.box, "parts": shape.parts, "bitmap": shape.bitmap}
    return ReadShape(shape.kind, shape.label, **{**place, **facts})


def _around(shape: ReadShape) -> ReadShape:
    return ReadShape("box", shape.label, box=bounds_of(shape))


def _polygon(label: str, parts: Parts, **facts: Any) -> ReadShape:
    return ReadShape("polygon", label, parts=parts, **facts)


def _apart(shape: ReadShape, image: OutImage, *, together: bool = False, **facts: Any) -> Carried:
    """Parts as shapes of their own; one with a hole as its pixels, or filled if it covers none."""
    if shape.parts is None:
        yield _bare(shape, **facts)
    elif all(len(part) == 1 for part in shape.parts):
        for part in shape.parts:
            yield _polygon(shape.label, (part,), **facts)
    else:
        pixels = pixels_of(shape, image.width, image.height)
        if not pixels.is_empty:
            yield ReadShape("mask", shape.label, bitmap=pixels, **facts)
            return
        filled = tuple(part[:1] for part in shape.parts)
        for parts in [filled] if together else [(part,) for part in filled]:
            yield _polygon(shape.label, parts, **facts)


def _number(shape: ReadShape) -> str | None:
    """The group where it is a number already; others get one, which is warned of."""
    return shape.group if shape.group is not None and shape.group.isdigit() else None


def in_coco(shape: ReadShape, image: OutImage) -> Carried:
    if shape.kind == "image_label":
        return
    facts = {"crowd": shape.crowd, "attributes": shape.attributes, "group": shape.group}
    if shape.parts is not None and all(len(part) == 1 for part in shape.parts):
        yield _bare(shape, **facts)
    else:
        yield from _apart(shape, image, together=True, **facts)


def in_boxes(shape: ReadShape, image: OutImage) -> Carried:
    if shape.kind != "image_label":
        yield _around(shape)


def in_table(shape: ReadShape, image: OutImage) -> Carried:
    yield _bare(shape) if shape.kind == "image_label" else _around(shape)


def in_yolo_seg(shape: ReadShape, image: OutImage) -> Carried:
    for part in outline_of(shape):
        yield _polygon(shape.label, ((part[0],),))


def in_labelme(shape: ReadShape, image: OutImage) -> Carried:
    if shape.kind == "image_label":
        yield _bare(shape)
    else:
        yield from _apart(shape, image, attributes=shape.attributes, group=_number(shape))


def in_cvat(shape: ReadShape, image: OutImage) -> Carried:
    said = {
        name: value if isinstance(value, str | bool) else repr(value)
        for name, value in shape.attributes.items()
    }
    said = {k: {"true": True, "false": False}.get(v, v) for k, v in said.items()}  # type: ignore[call-overload]
    yield from _apart(shape, image, attributes=said, group=_number(shape))


def in_label_studio(shape: ReadShape, image: OutImage) -> Carried:
    yield from _apart(shape, image)


def in_datumaro(shape: ReadShape, image: OutImage) -> Carried:
    said = {name: value for name, value in shape.attributes.items() if value is not False}
    yield from _apart(shape, image, attributes=said, crowd=shape.crowd, group=_number(shape))


def in_geojson(shape: ReadShape, image: OutImage) -> Carried:
    if shape.kind != "image_label":
        yield _polygon(shape.label, outline_of(shape))


CARRIED: dict[str, Callable[[ReadShape, OutImage], Carried]] = {
    "coco": in_coco,
    "yolo": in_boxes,
    "yolo-seg": in_yolo_seg,
    "voc": in_boxes,
    "labelme": in_labelme,
    "cvat": in_cvat,
    "label-studio": in_label_studio,
    "datumaro": in_datumaro,
    "geojson": in_geojson,
    "csv": in_table,
}
HOLDS_SPLITS = {"coco", "yolo", "yolo-seg", "voc", "cvat", "datumaro", "csv"}
IMAGE_LABELS = {"labelme", "cvat", "label-studio", "datumaro", "csv"}


# --- there and back ----------------------------------------------------------------------------


def written(
    name: str, known: tuple[OutLabel, ...], images: list[OutImage], out: Path
) -> WriteReport:
    form = writer(name)
    report = form.write(Export(known, len(images), lambda: images), out, silent, Cancel())
    for image in images:
        if image.id in report.listed:
            place = out / form.place(image)
            place.parent.mkdir(parents=True, exist_ok=True)
            Image.new("L", (image.width, image.height)).save(place, "PNG")
    return report


def read_back(name: str, out: Path) -> tuple[AnnotationSet, Listing]:
    files, skipped = list_files(out)
    assert not skipped
    listing = Listing(files)
    reader, evidence = reader_named(READ_AS.get(name, name), listing)
    return reader.read(listing, evidence), listing


def same(one: ReadShape, other: ReadShape) -> bool:
    """Of one kind and label, and at the same place to NEAR."""
    if (one.kind, one.label) != (other.kind, other.label):
        return False
    if one.bitmap is not None:
        return other.bitmap is not None and np.array_equal(one.bitmap.whole(), other.bitmap.whole())
    if one.parts is not None:
        shape = [[len(ring) for ring in part] for part in one.parts]
        if other.parts is None or shape != [[len(r) for r in part] for part in other.parts]:
            return False
        return np.allclose(_points(one.parts), _points(other.parts), rtol=0, atol=NEAR)
    if one.box is not None:
        return other.box is not None and np.allclose(one.box, other.box, rtol=0, atol=NEAR)
    return True


def _points(parts: Parts) -> list[tuple[float, float]]:
    return [point for part in parts for ring in part for point in ring]


def kept_apart(found: Iterable[ReadShape]) -> list[ReadShape]:
    """Image labels first: some formats keep them beside the shapes."""
    return sorted(found, key=lambda shape: shape.kind != "image_label")


@pytest.mark.parametrize("name", sorted(CARRIED))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(export=exports())
def test_what_is_written_is_read_again(
    name: str, export: tuple[tuple[OutLabel, ...], list[OutImage]]
) -> None:
    known, images = export
    with tempfile.TemporaryDirectory() as place:
        out = Path(place)
        report = written(name, known, images, out)
        expected = {
            image.id: kept_apart(s for shape in image.shapes for s in CARRIED[name](shape, image))
            for image in images
        }
        held = [
            image
            for image in images
            if not image.shapes
            or name in IMAGE_LABELS
            or any(shape.kind != "image_label" for shape in image.shapes)
        ]
        assert list(report.listed) == [image.id for image in held]
        if not held:
            return
        found, listing = read_back(name, out)
        assert found.skipped == []
        by_name = {listing.find_image(image.path): image for image in found.images}
        assert len(by_name) == len(found.images) == len(held)
        for image in held:
            back = by_name[writer(name).place(image)]
            came = kept_apart(back.shapes)
            wanted = expected[image.id]
            assert len(came) == len(wanted), (came, wanted)
            for one, other in zip(came, wanted, strict=True):
                assert same(one, other), (one, other)
                if name in ("coco", "datumaro"):
                    assert one.crowd == other.crowd
                if other.attributes:
                    attributes = {k: v for k, v in one.attributes.items() if k != "import_id"}
                    assert attributes == dict(other.attributes)
                if other.group and (other.kind != "image_label" or name == "datumaro"):
                    assert one.group == other.group
            if name in HOLDS_SPLITS:
                assert back.split == image.split
            assert back.complete


@pytest.mark.parametrize("name", sorted(CARRIED))
def test_a_written_folder_says_itself_what_it_is(name: str, tmp_path: Path) -> None:
    ring = ((1.0, 1.0), (9.0, 1.5), (5.0, 8.0))
    drawn = (
        ReadShape("box", "cell", box=(1.25, 2.0, 5.0, 4.0)),
        ReadShape("polygon", "cell", parts=((ring,),)),
    )
    images = [
        OutImage(1, "a/one.png", 20, 10, drawn, split=Split.TRAIN),
        OutImage(2, "two.png", 30, 16, (), split=Split.VAL),
    ]
    written(name, (OutLabel("cell", "#E69F00"),), images, tmp_path)
    reader, _ = sniff_source(Listing(list_files(tmp_path)[0]))
    assert READ_AS.get(name, name) == reader.NAME


@pytest.mark.parametrize("name", ["masks", *sorted(CARRIED)])
def test_one_name_in_two_folders_is_two_images(name: str, tmp_path: Path) -> None:
    corners = {
        "a.png": ((1.0, 1.0), (9.0, 1.0), (9.0, 9.0)),
        "sub/a.png": ((2.0, 2.0), (9.0, 2.0), (2.0, 9.0)),
    }
    images = [
        OutImage(n, path, 20 + n, 10, (ReadShape("polygon", "cell", parts=((ring,),)),))
        for n, (path, ring) in enumerate(corners.items())
    ]
    written(name, (OutLabel("cell", "#E69F00"),), images, tmp_path)
    found, listing = read_back(name, tmp_path)
    pictures = {image.name: image.path for image in listing.images if image.name not in found.used}
    attached = attach(found, pictures, listing.finder)
    assert sorted(attached.entries) == sorted(writer(name).place(image) for image in images)
    assert sorted(pictures) == sorted(attached.entries), "no mask is taken for a photo"
    assert not attached.skipped


@pytest.mark.parametrize("name", sorted(CARRIED))
def test_labels_keep_their_names_and_order(name: str, tmp_path: Path) -> None:
    known = tuple(OutLabel(text, "#0072B2") for text in ("zebra", "a: b", "10", "yes", 'c "d"'))
    drawn = tuple(ReadShape("box", label.name, box=(1.0, 1.0, 4.0, 4.0)) for label in known)
    written(name, known, [OutImage(1, "one.png", 20, 10, drawn)], tmp_path)
    found, _ = read_back(name, tmp_path)
    assert [shape.label for shape in found.images[0].shapes] == [label.name for label in known]
    if name in ("coco", "yolo", "yolo-seg", "cvat", "datumaro"):
        assert found.labels == [label.name for label in known]


def test_every_format_is_tried() -> None:
    assert set(CARRIED) | {"masks"} == set(FORMATS)


def test_masks_are_read_as_they_were_painted(tmp_path: Path) -> None:
    known = (OutLabel("cell", "#E69F00"), OutLabel("wall", "#E69F00"))
    under = Bitmap.from_array(np.ones((4, 6), dtype=np.bool_), 2, 1, 20, 10)
    over = Bitmap.from_array(np.ones((3, 3), dtype=np.bool_), 5, 2, 20, 10)
    drawn = (
        ReadShape("mask", "cell", bitmap=under),
        ReadShape("mask", "wall", bitmap=over),
        ReadShape("box", "wall", box=(0.0, 0.0, 3.0, 3.0)),
    )
    image = OutImage(1, "sub/one.png", 20, 10, drawn)
    report = written("masks", known, [image, replace(image, id=2, shapes=drawn[2:])], tmp_path)
    assert report.listed == (1,)
    assert report.losses == {
        "export.left_out.not_held": 1, "export.lost.box": 2, "export.lost.overlap": 1,
    }  # fmt: skip
    found, listing = read_back("masks", tmp_path)
    by_label = {s.label: s.bitmap for s in found.images[0].shapes if s.bitmap is not None}
    seen = under.whole() & ~over.whole()
    assert listing.find_image(found.images[0].path) == "images/sub/one.png"
    assert by_label.keys() == {"cell", "wall"}
    assert by_label["cell"].whole().tolist() == seen.tolist()
    assert by_label["wall"].whole().tolist() == over.whole().tolist()


def visible(image: OutImage) -> dict[str, list[list[bool]]]:
    """What is to be seen of each label: the last shape is on top, boxes are not painted."""
    seen: dict[str, Any] = {}
    for shape in image.shapes:
        if shape.kind not in ("polygon", "mask"):
            continue
        pixels = pixels_of(shape, image.width, image.height).whole()
        for other in seen.values():
            other &= ~pixels
        seen[shape.label] = seen.get(shape.label, np.zeros_like(pixels)) | pixels
    return {label: mask.tolist() for label, mask in seen.items() if mask.any()}


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(export=exports())
def test_any_masks_are_read_as_they_were_painted(
    export: tuple[tuple[OutLabel, ...], list[OutImage]],
) -> None:
    known, images = export
    assume(not any(label.name.lower() in BACKGROUND_NAMES for label in known))
    with tempfile.TemporaryDirectory() as place:
        out = Path(place)
        report = written("masks", known, images, out)
        painted = {image.id: visible(image) for image in images}
        held = [image for image in images if image.id in report.listed]
        assert all(painted[image.id] == {} for image in images if image not in held)
        if not held:
            return
        found, listing = read_back("masks", out)
        assert found.skipped == []
        by_name = {listing.find_image(image.path): image for image in found.images}
        for image in held:
            back = by_name[writer("masks").place(image)]
            came = {s.label: s.bitmap.whole().tolist() for s in back.shapes if s.bitmap is not None}
            assert came == painted[image.id]


@pytest.mark.parametrize("names", [("cell", "1", "é 😀"), ("a:b", "# c", "x,y:1,2,3", "d")])
def test_masks_keep_any_name_of_a_label(names: tuple[str, ...], tmp_path: Path) -> None:
    known = tuple(OutLabel(name, "#E69F00") for name in names)
    square = np.ones((2, 2), dtype=np.bool_)
    drawn = tuple(
        ReadShape("mask", label.name, bitmap=Bitmap.from_array(square, 3 * place, 1, 40, 10))
        for place, label in enumerate(known)
    )
    written("masks", known, [OutImage(1, "one.png", 40, 10, drawn)], tmp_path)
    found, _ = read_back("masks", tmp_path)
    places = {s.label: s.bitmap.bounds() for s in found.images[0].shapes if s.bitmap is not None}
    assert places == {name: (3 * place, 1, 2, 2) for place, name in enumerate(names)}
