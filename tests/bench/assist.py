"""Assisted outlines: time to look at an image and to answer a prompt, against ultralytics' own
predictor with the same random weights in the same process, and through the worker as the window
sees it.

    python tests/bench/assist.py [--model mobile_sam] [--side 1024] [--rounds 9] [--seed 0]

"look" and "prompt" are ours without the process around them; "peer_look" and "peer_prompt" are
set_image and a call of the predictor. Rounds interleave the two. "masks" tells the share of
pixels that differ (at a side of 1024 both make the same square of the image). Random weights say
nothing of the quality of outlines; their time is that of the published ones.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import checkout  # noqa: F401 - puts the checkout on the path
import numpy as np
from intervals import median_interval
from PIL import Image

Seconds = dict[str, list[float]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="mobile_sam")
    parser.add_argument("--side", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-assist-") as place:
        os.environ["TLSTUDIO_HOME"] = place
        os.environ["YOLO_CONFIG_DIR"] = str(Path(place) / "libraries")
        seconds: Seconds = {}
        differing = _beside_the_library(options, seconds)
        _through_the_worker(options, Path(place), seconds)
    import sets

    print(
        json.dumps(
            {
                "bench": "assist",
                **vars(options),
                "seconds": {name: median_interval(values) for name, values in seconds.items()},
                "look_over_peer": _ratio(seconds, "look", "peer_look"),
                "prompt_over_peer": _ratio(seconds, "prompt", "peer_prompt"),
                "masks": {"differing": differing, "prompts": 3},
                "machine": sets.machine(),
            },
            indent=1,
        )
    )


def _ratio(seconds: Seconds, first: str, second: str) -> dict[str, Any]:
    pairs = zip(seconds[first], seconds[second], strict=True)
    return median_interval([a / b for a, b in pairs])


def _timed(seconds: Seconds, name: str, work: Callable[[], Any]) -> Any:
    start = time.perf_counter()
    answer = work()
    seconds.setdefault(name, []).append(time.perf_counter() - start)
    return answer


def _picture(side: int, seed: int) -> np.ndarray:
    """Discs on a smooth ground."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:side, 0:side]
    pixels = np.stack([128 + 60 * np.sin(x / 97 + k) * np.cos(y / 71) for k in range(3)], -1)
    for _ in range(12):
        cx, cy, r = rng.uniform(0.1, 0.9) * side, rng.uniform(0.1, 0.9) * side, 0.06 * side
        pixels[(x - cx) ** 2 + (y - cy) ** 2 < r * r] = rng.uniform(0, 255, 3)
    return pixels.astype(np.uint8)


@dataclass(frozen=True, slots=True)
class Case:
    """A prompt in pixels of the image; `box` is (x0, y0, x1, y1)."""

    points: list[list[float]]
    labels: list[int]
    box: list[float] | None


def _cases(side: int) -> tuple[Case, ...]:
    points, box = [[0.4 * side, 0.5 * side], [0.1 * side, 0.1 * side]], [0.2, 0.3, 0.6, 0.7]
    corners = [share * side for share in box]
    return Case(points[:1], [1], None), Case(points, [1, 0], corners), Case([], [], corners)


def _beside_the_library(options: argparse.Namespace, seconds: Seconds) -> float:
    """Time both, interleaved; the largest share of differing pixels over the prompts."""
    import torch

    from tlstudio.catalog.index import find
    from tlstudio.ml.assist.networks import empty, ready
    from tlstudio.ml.assist.view import View
    from tlstudio.ml.devices import use_all_cores

    threads = use_all_cores()
    torch.manual_seed(options.seed)
    mine = ready(empty(find(options.model)))
    peer = _peer(options.model, mine.network)
    torch.set_num_threads(threads)  # the peer's choice of a device has changed them
    view, pixels = View(options.side, options.side), _picture(options.side, options.seed)
    image = Image.fromarray(pixels)
    worst = 0.0
    with torch.inference_mode():
        for turn in range(options.rounds + 1):
            found: Seconds = {}
            _timed(found, "peer_look", lambda: _look_at(peer, pixels))
            features = _timed(found, "look", lambda: mine.look(view.square(image)))
            for case in _cases(options.side):
                theirs = _timed(found, "peer_prompt", lambda c=case: _ask_peer(peer, c))
                ours = _timed(found, "prompt", lambda c=case, f=features: _ask(mine, view, f, c))
                worst = max(worst, float(np.mean(theirs != ours)))
            if turn:  # the first round warms up
                for name, values in found.items():
                    seconds.setdefault(name, []).append(float(np.mean(values)))
    return worst


def _peer(model: str, network: Any) -> Any:
    """The library's predictor around the same network."""
    from ultralytics.models.sam.predict import Predictor, SAM2Predictor

    kind = SAM2Predictor if model.startswith("sam2") else Predictor
    peer = kind(overrides={"imgsz": 1024, "save": False, "verbose": False, "device": "cpu"})
    peer.args.conf = -1e9  # keep every answer, however unsure
    peer.setup_model(model=network, verbose=False)
    return peer


def _look_at(peer: Any, pixels: np.ndarray) -> None:
    peer.reset_image()
    peer.set_image(pixels[..., ::-1])


def _ask_peer(peer: Any, case: Case) -> np.ndarray:
    answer = peer(
        points=[case.points] if case.points else None,
        labels=[case.labels] if case.points else None,
        bboxes=[case.box] if case.box else None,
        multimask_output=False,
    )[0]
    return answer.masks.data[0].cpu().numpy().astype(bool)


def _ask(mine: Any, view: Any, features: Any, case: Case) -> np.ndarray:
    import torch

    from tlstudio.ml.assist.networks import Prompt

    prompt = Prompt(
        torch.tensor(case.points).reshape(-1, 2) * view.scale,
        torch.tensor(case.labels, dtype=torch.int32),
        tuple(value * view.scale for value in case.box) if case.box else None,
    )
    logits, scores = mine.answer(features, prompt)
    best = mine.order(logits, scores, ambiguous=False)[0]
    window = view.window(logits[best].numpy())
    mask = np.zeros((view.height, view.width), bool)
    high, wide = window.mask.shape
    mask[window.y : window.y + high, window.x : window.x + wide] = window.mask
    return mask


def _through_the_worker(options: argparse.Namespace, place: Path, seconds: Seconds) -> None:
    """As the window sees it: a process of its own, the file read, masks packed and unpacked."""
    import torch
    from safetensors.torch import save_file

    from tlstudio.catalog.index import find
    from tlstudio.ml.assist.networks import empty
    from tlstudio.services import assisting, models
    from tlstudio.services.datasets import import_source
    from tlstudio.services.projects import create_project

    torch.manual_seed(options.seed)
    tensors = {k: v.contiguous() for k, v in empty(find(options.model)).state_dict().items()}
    save_file(tensors, place / "random.safetensors")
    models.import_weights(options.model, place / "random.safetensors")
    assisting.choose_model(options.model)
    (place / "in").mkdir()
    for number in range(options.rounds + 1):
        file = place / "in" / f"{number:02d}.png"
        Image.fromarray(_picture(options.side, options.seed + number)).save(file)
    middle = options.side / 2
    with create_project(place / "p.tlproj") as project:
        import_source(project, place / "in")
        _timed(seconds, "worker_first_look", lambda: assisting.embed(project, 1))
        for image in range(2, options.rounds + 2):
            _timed(seconds, "worker_look", lambda i=image: assisting.embed(project, i))
            _timed(
                seconds,
                "worker_prompt",
                lambda i=image: assisting.suggest_outline(project, i, [(middle, middle)], [True]),
            )
        assisting.rest()


if __name__ == "__main__":
    main()
