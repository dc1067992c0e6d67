"""Broken and hostile files by the thousand: each ends in a report or in one plain line.

    python tests/bench/fuzz_import.py [--seconds 120] [--seed 0] [--keep DIR]

Files of every format are written by our own writers, or by hand where there is none, and then
damaged: bytes flipped, cut, doubled and moved; numbers, texts, keys and whole branches of JSON
put in place of others, deep, huge and not a number among them; XML given entities. Each goes
through the whole of an import (recognised, read, attached, cut to its image, counted) as a dry
run into a project, every twentieth for good, after which the database is checked. Whatever
raises anything but a UserError is a failure, is printed with its number and kept in DIR. Prints
JSON: how many inputs were tried by format, how they ended, and the slowest.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from index_100k import machine
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tlstudio.domain.errors import UserError  # noqa: E402
from tlstudio.domain.images import Split  # noqa: E402
from tlstudio.domain.progress import Cancel, silent  # noqa: E402
from tlstudio.formats.annotation_set import ReadShape  # noqa: E402
from tlstudio.formats.writers import FORMATS, writer  # noqa: E402
from tlstudio.formats.writers.exported import Export, OutImage, OutLabel  # noqa: E402
from tlstudio.imaging.bitmap import Bitmap  # noqa: E402

TEXTS = (".json", ".geojson", ".xml", ".txt", ".csv", ".yaml", ".names", ".data")
HOSTILE: tuple[Any, ...] = (
    None, True, -1, 0, 1e308, -1e308, float("nan"), float("inf"), 2**70, "", "\0", "\ud800",
    "x" * 400, "../../etc/passwd", "/etc/passwd", "C:\\con", "🦠", [], {}, [[]], "1e9", [1e9] * 9,
)  # fmt: skip
LINES = (b"\0", b"nan", b"-1", b"1e999", b"<", b"&x;", b"]]", b"{" * 50, b"9" * 30, b"\xff\xfe")
ENTITY = b'<!DOCTYPE a [<!ENTITY x "y"><!ENTITY e SYSTEM "file:///etc/passwd">]>'

VIA = {
    "a.png1": {
        "filename": "a.png", "size": 1, "file_attributes": {},
        "regions": [
            {"shape_attributes": {"name": "rect", "x": 1, "y": 2, "width": 9, "height": 8},
             "region_attributes": {"class": "cell"}},
            {"shape_attributes": {"name": "polygon", "all_points_x": [1, 9, 9],
                                  "all_points_y": [1, 1, 9]},
             "region_attributes": {"class": "cell"}},
        ],
    }
}  # fmt: skip
XANY = {
    "version": "3.0", "flags": {}, "imagePath": "a.png", "imageData": None, "imageHeight": 48,
    "imageWidth": 64, "shapes": [
        {"label": "cell", "shape_type": "rotation", "direction": 0.4, "difficult": False,
         "points": [[5, 5], [20, 5], [20, 20], [5, 20]], "flags": {}, "attributes": {"a": "b"},
         "kie_linking": [], "group_id": 1, "score": 0.5},
        {"label": "cell", "shape_type": "circle", "points": [[30, 20], [35, 20]], "flags": {}},
    ],
}  # fmt: skip
LABELME_XML = (
    "<annotation><filename>a.png</filename><folder>f</folder><imagesize><nrows>48</nrows>"
    "<ncols>64</ncols></imagesize><object><name>cell</name><deleted>0</deleted><id>0</id>"
    "<polygon><pt><x>1</x><y>1</y></pt><pt><x>20</x><y>1</y></pt><pt><x>20</x><y>20</y></pt>"
    "</polygon></object></annotation>"
)
TRACKS = (
    "<annotations><meta><task><size>9</size><mode>interpolation</mode></task></meta>"
    '<track id="0" label="car"><box frame="0" outside="0" xtl="1" ytl="1" xbr="9" ybr="9"/>'
    '<box frame="8" outside="1" xtl="9" ytl="1" xbr="19" ybr="9"/></track></annotations>'
)


def sources(place: Path) -> dict[str, dict[str, bytes]]:
    """For each format a whole source: its files by name."""
    made: dict[str, dict[str, bytes]] = {}
    ring = ((1.0, 1.0), (30.0, 2.0), (20.0, 40.0))
    mask = Bitmap.from_array(_disc(), 10, 5, 64, 48)
    shapes = (
        ReadShape("box", "cell", box=(2.0, 3.0, 10.0, 12.5), attributes={"size": "big"}),
        ReadShape("polygon", "wall", parts=((ring,), (ring[::-1],)), group="3"),
        ReadShape("mask", "cell", bitmap=mask, crowd=True),
        ReadShape("image_label", "wall"),
    )
    images = [
        OutImage(1, "a.png", 64, 48, shapes, split=Split.TRAIN),
        OutImage(2, "sub/b.png", 64, 48, (), split=Split.VAL),
    ]
    known = (OutLabel("cell", "#E69F00"), OutLabel("wall", "#0072B2"))
    for name in FORMATS:
        out = place / name
        form = writer(name)
        report = form.write(Export(known, 2, lambda: images), out, silent, Cancel())
        for image in images:
            if image.id in report.listed:
                file = out / form.place(image)
                file.parent.mkdir(parents=True, exist_ok=True)
                Image.new("L", (64, 48), image.id).save(file, "PNG")
        made[name] = {
            file.relative_to(out).as_posix(): file.read_bytes()
            for file in sorted(out.rglob("*"))
            if file.is_file()
        }
    photo = made["coco"]["images/a.png"]
    by_hand: dict[str, Any] = {"via": VIA, "xanylabeling": XANY}
    for name, value in by_hand.items():
        made[name] = {"a.png": photo, "a.json": json.dumps(value).encode()}
    made["labelme-xml"] = {"a.png": photo, "a.xml": LABELME_XML.encode()}
    made["cvat video"] = {"frame_000000.png": photo, "a.xml": TRACKS.encode()}
    return made


def _disc() -> Any:
    import numpy as np

    return np.hypot(*np.mgrid[-9:9, -9:9]) < 8


def damaged(name: str, raw: bytes, rng: random.Random) -> bytes:
    """One to three kinds of damage, one after the other."""
    for _ in range(rng.randint(1, 3)):
        if name.endswith((".json", ".geojson")) and rng.random() < 0.7:
            raw = _in_json(raw, rng)
        else:
            raw = rng.choice(DAMAGES)(raw, rng)
    return raw


def _in_json(raw: bytes, rng: random.Random) -> bytes:
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return raw
    places: list[tuple[Any, Any]] = []
    todo = [value]
    while todo:
        one = todo.pop()
        pairs = one.items() if isinstance(one, dict) else enumerate(one)
        for key, inner in pairs:
            places.append((one, key))
            if isinstance(inner, dict | list) and inner:
                todo.append(inner)
    if not places:
        return raw
    within, key = rng.choice(places)
    act = rng.randrange(5)
    if act == 0:
        within[key] = rng.choice(HOSTILE)
    elif act == 1:
        other, there = rng.choice(places)
        within[key] = other.get(there) if isinstance(other, dict) else None
    elif act == 2 and isinstance(within, dict):
        within[rng.choice(["id", "name", "", "\0", "points"])] = within.pop(key)
    elif act == 3:
        deep: Any = within[key]
        for _ in range(rng.choice([3, 60, 900])):
            deep = [deep]
        within[key] = deep
    elif isinstance(within, list):
        within.extend([within[key]] * rng.choice([1, 9, 2000]))
    else:
        del within[key]
    try:
        return json.dumps(value).encode()
    except (ValueError, RecursionError):
        return raw


def _flip(raw: bytes, rng: random.Random) -> bytes:
    made = bytearray(raw)
    for _ in range(rng.randint(1, 20)):
        if made:
            made[rng.randrange(len(made))] = rng.randrange(256)
    return bytes(made)


def _cut(raw: bytes, rng: random.Random) -> bytes:
    return raw[: rng.randrange(len(raw) + 1)]


def _double(raw: bytes, rng: random.Random) -> bytes:
    at, end = sorted((rng.randrange(len(raw) + 1), rng.randrange(len(raw) + 1)))
    return raw[:end] + raw[at:end] * rng.choice([1, 3, 40]) + raw[end:]


def _put(raw: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(raw) + 1)
    return raw[:at] + rng.choice(LINES) + raw[at + rng.randint(0, 4) :]


def _number(raw: bytes, rng: random.Random) -> bytes:
    """A number of the text becomes another one."""
    places = [at for at, byte in enumerate(raw) if 48 <= byte <= 57]
    if not places:
        return raw
    at = rng.choice(places)
    return (
        raw[:at]
        + rng.choice([b"-7", b"99999999999", b"NaN", b"1e400", b"0.5", b""])
        + raw[at + 1 :]
    )


def _entity(raw: bytes, rng: random.Random) -> bytes:
    return ENTITY + raw if rng.random() < 0.3 else _put(raw, rng)


Damage = Callable[[bytes, random.Random], bytes]
DAMAGES: tuple[Damage, ...] = (_flip, _cut, _double, _put, _number, _number, _entity)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="put the inputs that failed here")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tlstudio-bench-") as made:
        found = _run(Path(made), asked)
    print(json.dumps(found, indent=2))
    if found["failures"]:
        sys.exit(1)


def _run(place: Path, asked: argparse.Namespace) -> dict[str, Any]:
    from tlstudio.services.projects import create_project

    whole = sources(place / "whole")
    names = sorted(whole)
    tried: Counter[str] = Counter()
    ended: Counter[str] = Counter()
    failures: list[dict[str, object]] = []
    slowest: tuple[float, str] = (0.0, "")
    end = time.monotonic() + asked.seconds
    number = 0
    with create_project(place / "dry.tlproj") as dry:
        while time.monotonic() < end:
            number += 1
            rng = random.Random(f"{asked.seed}.{number}")
            name = names[number % len(names)]
            source = _written(place / "source", whole[name], rng)
            started = time.process_time()
            try:
                ended[_imported(source, dry, place, for_good=number % 20 == 0)] += 1
            except Exception:  # whatever it is, it is what is looked for here
                where = traceback.format_exc(limit=-3)
                failures.append({"number": number, "format": name, "error": where})
                print(f"{number} {name}\n{where}", file=sys.stderr, flush=True)
                if asked.keep:
                    shutil.copytree(source, asked.keep / str(number), dirs_exist_ok=True)
            tried[name] += 1
            slowest = max(slowest, (round(time.process_time() - started, 3), f"{number} {name}"))
    return {
        "bench": "fuzz_import",
        "seed": asked.seed,
        "seconds": asked.seconds,
        "machine": machine(),
        "python": platform.python_version(),
        "tried": tried.total(),
        "by_format": dict(sorted(tried.items())),
        "ended": dict(ended.most_common()),
        "slowest": slowest,
        "failures": failures,
    }


def _written(folder: Path, files: dict[str, bytes], rng: random.Random) -> Path:
    """The source, one or two of its files damaged; of masks also the pictures."""
    shutil.rmtree(folder, ignore_errors=True)
    texts = [name for name in files if name.endswith(TEXTS)]
    chosen = set(rng.sample(texts, min(len(texts), rng.randint(1, 2)))) if texts else set()
    if not texts or rng.random() < 0.1:
        chosen.add(rng.choice(sorted(files)))
    for name, raw in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(damaged(name, raw, rng) if name in chosen else raw)
    return folder


def _imported(source: Path, dry: Any, place: Path, *, for_good: bool) -> str:
    """How it ended: in annotations, in images alone, or in which error."""
    from tlstudio.services.datasets import ImportOptions, import_source
    from tlstudio.services.projects import create_project, project_info

    try:
        if not for_good:
            report = import_source(dry, source, ImportOptions(dry_run=True))
        else:
            shutil.rmtree(place / "real.tlproj", ignore_errors=True)
            with create_project(place / "real.tlproj") as project:
                report = import_source(project, source)
                info = project_info(project)
                assert sum(info["kinds"].values()) + info["suggestions"] == report.shapes.get(
                    "added", 0
                ) + report.annotations * (not report.shapes), "counted otherwise than stored"
                with project.read() as db:
                    assert db.value("PRAGMA integrity_check") == "ok"
                    assert not db.all("PRAGMA foreign_key_check")
        json.dumps(report.to_json()).encode()
    except UserError as error:
        str(error).encode()
        return error.code
    return "annotations" if report.annotations else "images alone"


if __name__ == "__main__":
    main()
