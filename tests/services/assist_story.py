"""Run outside pytest (ultralytics keeps still under it): the whole path of assisted outlines, as
a person would go it, told as one JSON object on stdout.

    python assist_story.py FOLDER WEIGHTS
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from tlstudio.services import assisting, models
from tlstudio.services.datasets import import_source
from tlstudio.services.projects import create_project


def main(folder: Path, weights: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (96, 128, 3), dtype=np.uint8)
    (folder / "in").mkdir()
    Image.fromarray(pixels).save(folder / "in" / "a.png")
    report = models.import_weights("mobile_sam", weights)
    project = create_project(folder / "p.tlproj")
    import_source(project, folder / "in")
    assisting.embed(project, 1)
    found = assisting.suggest_outline(project, 1, [(64.0, 48.0)], [True])
    told = {
        "verified": report.verified,
        "device": assisting.device_in_use(),
        "area": found.best.bitmap.area(),
        "modules": [m for m in ("torch", "ultralytics", "cv2") if m in sys.modules],
    }
    assisting.rest()
    project.close()
    print(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
