"""Does the augmentation against other sites' looks help on a site the model has never seen?

    python tests/bench/site_shift.py [--set blood] [--set pneumonia] [--seeds 3] [--epochs 6]
        [--image-size 64] [--out rows.jsonl]

Real images: cells cut out of BCCD (a group is a smear) and PneumoniaMNIST. The test images are
there twice: as they are (the home site), and as a second scanner would give them (the held-out
site B), simulated by SCANNERS below: a gain of each channel, gamma, contrast and blur, chosen
before anything was measured and the same for every image. Training and validation hold home
images only. For each seed a model is trained without and one with look_augmentation "colour",
all else being equal, by the program's own services; `compare` gives the paired difference on
site B and at home. The summary takes the balanced accuracy over all seeds, with intervals drawn
over groups and seeds.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import sets
from intervals import paired_difference
from PIL import Image, ImageFilter
from sets import Example

SITES = {"site B": "folder:siteB", "home": "folder:home"}


@dataclass(frozen=True)
class Scanner:
    """Pixels of 0..1 -> contrast * (gain * pixels ** gamma - .5) + .5, blurred by `blur` px at
    28 px of the image's shorter side."""

    gain: tuple[float, float, float]
    gamma: float
    contrast: float
    blur: float

    def scan(self, source: Path, out: Path) -> None:
        with Image.open(source) as image:
            colour = image.mode != "L"
            pixels = np.asarray(image.convert("RGB"), np.float64) / 255
        changed = np.array(self.gain) * pixels**self.gamma
        changed = (self.contrast * (changed - 0.5) + 0.5).clip(0, 1)
        made = Image.fromarray((changed * 255).round().astype(np.uint8))
        made = made.filter(ImageFilter.GaussianBlur(self.blur * min(made.size) / 28))
        out.parent.mkdir(parents=True, exist_ok=True)
        (made if colour else made.convert("L")).save(out)


SCANNERS = {
    "blood": Scanner(gain=(1.1, 0.9, 0.75), gamma=1.4, contrast=0.8, blur=0.4),
    "pneumonia": Scanner(gain=(0.9, 0.9, 0.9), gamma=1.5, contrast=0.7, blur=0.4),
}
"""Of colour images a warm cast, of grey ones a darker picture of less contrast."""


def main() -> None:
    options = _options()
    work = Path(tempfile.mkdtemp(prefix="site-shift-"))
    os.environ["TLSTUDIO_HOME"] = str(work / "home")
    try:
        for name in options.chosen or ["blood", "pneumonia"]:
            rows, answers = _measure(name, options, work)
            print(json.dumps(_summary(name, rows, answers), indent=1), flush=True)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--set", action="append", choices=tuple(SCANNERS), dest="chosen")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--image-size", type=int, default=64)
    parser.add_argument("--strength", type=float, default=0.5, help="look_strength")
    parser.add_argument("--out", type=Path, default=Path("site-shift-rows.jsonl"))
    return parser.parse_args()


def _examples(name: str, work: Path) -> list[Example]:
    data = sets.shared() / "data"
    if name == "blood":
        return sets.blood_cells(data / "bccd", work / "cells")
    return sets.split_folders(data / "pneumoniamnist")


def _project(name: str, work: Path) -> Any:
    """A project of the home images by their own splits and the test images as site B scans them."""
    from tlstudio.services.datasets import ImportOptions, import_source
    from tlstudio.services.projects import create_project

    root = work / f"{name}-images"
    table: list[tuple[str, str, str, str]] = []
    for number, each in enumerate(_examples(name, work)):
        group = each.group if each.group != str(each.path) else ""
        file = f"{each.split}-{number:05d}.png"
        place = root / "home" / file
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(each.path, place)
        table.append((f"home/{file}", each.label, group, each.split))
        if each.split == "test":
            SCANNERS[name].scan(each.path, root / "siteB" / file)
            table.append((f"siteB/{file}", each.label, group or file, each.split))
    listed = work / f"{name}.csv"
    with listed.open("w", newline="", encoding="utf-8") as file_:
        csv.writer(file_).writerows([("file", "label", "group", "split"), *table])
    project = create_project(work / f"{name}.tlproj")
    import_source(project, listed, ImportOptions(images_dir=root))
    return project


def _measure(
    name: str, options: argparse.Namespace, work: Path
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """A row for each seed and site; the answers of all runs, image by image."""
    from tlstudio.services.comparing import compare
    from tlstudio.services.training import TrainRequest, start_training

    weights = sets.shared() / "weights" / "squeezenet1_1_imagenet_features.safetensors"
    rows: list[dict[str, Any]] = []
    answers: dict[str, Any] = {site: {"none": [], "colour": []} for site in SITES}
    with _project(name, work) as project:
        for seed in range(options.seeds):
            runs = []
            for kind in ("none", "colour"):
                settings = {
                    "seed": seed,
                    "epochs": options.epochs,
                    "image_size": options.image_size,
                    "look_augmentation": kind,
                    "look_strength": options.strength,
                }
                request = TrainRequest("squeezenet1_1", weights=str(weights), settings=settings)
                start = time.perf_counter()
                run = start_training(project, request).wait()
                assert run.state.value == "done", run
                runs.append(run.id)
                seconds = time.perf_counter() - start
                print(f"{name} seed {seed} {kind}: {seconds:.0f} s, {run.metrics}",
                      file=sys.stderr, flush=True)  # fmt: skip
            for site, where in SITES.items():
                found = compare(project, *runs, where=where)
                told = found.to_json()
                row = {"set": name, "seed": seed, "site": site, **_short(told)}
                rows.append(row)
                print(row, file=sys.stderr, flush=True)
                with options.out.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(row) + "\n")
                for kind, side in zip(("none", "colour"), found.sides, strict=True):
                    answers[site][kind].append(side.items)
                answers[site]["groups"] = _groups(project, found.sides[0].items)
    return rows, answers


def _short(told: dict[str, Any]) -> dict[str, Any]:
    figures = {name: told["overall"][name] for name in ("accuracy", "balanced_accuracy", "auroc")}
    return {"images": told["images"], "groups": told["groups"],
            "answer": told["answer"]["message"], **figures}  # fmt: skip


def _groups(project: Any, items: Any) -> list[str]:
    from tlstudio.services.images import image_rows

    rows = image_rows(project, [item.image for item in items])
    return [row.group or f"image {row.id}" for row in rows]


def _summary(name: str, rows: list[dict[str, Any]], answers: dict[str, Any]) -> dict[str, Any]:
    """Balanced accuracy over seeds at each site, and the paired gain of the augmentation."""
    told: dict[str, Any] = {"set": name, "seeds": max(row["seed"] for row in rows) + 1}
    for site, found in answers.items():
        right = {kind: np.array([_weighted(items) for items in found[kind]])
                 for kind in ("none", "colour")}  # fmt: skip
        gain = paired_difference(right["colour"], right["none"], found["groups"])
        told[site] = {
            "images": len(found["groups"]),
            "groups": len(set(found["groups"])),
            "without": round(float(right["none"].mean()), 4),
            "with": round(float(right["colour"].mean()), 4),
            "gain": gain,
            "each_seed": [row["answer"] for row in rows if row["site"] == site],
        }
    return told


def _weighted(items: Any) -> list[float]:
    """Of each image, right or not, weighted so that the mean is the balanced accuracy."""
    counts = Counter(item.truth for item in items)
    return [
        (item.predicted == item.truth) * len(items) / (len(counts) * counts[item.truth])
        for item in items
    ]


if __name__ == "__main__":
    main()
