"""The networks are ultralytics' own, and answer as its own predictors do; random weights."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from tlstudio.catalog.index import find
from tlstudio.catalog.promptable import promptable
from tlstudio.domain.errors import UserError
from tlstudio.domain.runs import JobSpec
from tlstudio.ml.assist.networks import Prompt, Promptable, empty
from tlstudio.ml.assist.view import View
from tlstudio.ml.assist.weights import import_weights, load
from tlstudio.ml.reporter import Reporter

Make = Callable[[str], Promptable]


def waves(width: int, height: int) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width]
    planes = [127 + 100 * np.sin(x / 97 + k) * np.cos(y / 71) for k in range(3)]
    return np.stack(planes, -1).astype(np.uint8)


@pytest.mark.parametrize("model", ["mobile_sam", "sam2.1_t"])
def test_answers_are_those_of_the_librarys_own_predictor(random_network: Make, model: str) -> None:
    mine = random_network(model)
    from ultralytics.models.sam.predict import Predictor, SAM2Predictor

    kind = SAM2Predictor if model.startswith("sam2") else Predictor
    theirs = kind(overrides={"imgsz": 1024, "save": False, "verbose": False, "device": "cpu"})
    theirs.args.conf = -1e9
    theirs.setup_model(model=mine.network, verbose=False)
    width, height = 1000, 750
    pixels = waves(width, height)
    theirs.set_image(pixels[..., ::-1])
    view = View(width, height)
    points, labels, box = [[500.0, 400.0], [100.0, 100.0]], [1, 0], [300.0, 200.0, 600.0, 480.0]
    with torch.inference_mode():
        features = mine.look(view.square(Image.fromarray(pixels)))
        for with_points, with_box in ((True, False), (True, True), (False, True)):
            found = theirs(
                points=[points] if with_points else None,
                labels=[labels] if with_points else None,
                bboxes=[box] if with_box else None,
                multimask_output=False,
            )[0]
            prompt = Prompt(
                torch.tensor(points if with_points else []).reshape(-1, 2) * view.scale,
                torch.tensor(labels if with_points else [], dtype=torch.int32),
                tuple(v * view.scale for v in box) if with_box else None,
            )
            logits, scores = mine.answer(features, prompt)
            best = mine.order(logits, scores, ambiguous=False)[0]
            window = view.window(logits[best].numpy())
            mask = np.zeros((height, width), bool)
            high, wide = window.mask.shape
            mask[window.y : window.y + high, window.x : window.x + wide] = window.mask
            # Pillow and OpenCV make the square with filters that differ in the last bit.
            assert np.mean(mask != found.masks.data[0].numpy().astype(bool)) < 0.005
            assert float(scores[best]) == pytest.approx(float(found.boxes.conf[0]), abs=1e-3)


def bring(model: str, file: Path, out: Path) -> dict[str, object]:
    params = {"model": find(model).to_json(), "file": str(file), "out": str(out)}
    job = JobSpec("import-weights", "assist", str(out.parent), str(out.parent), params)
    return import_weights(job, Reporter())


def test_a_published_kind_of_file_is_taken_in(
    random_network: Make, tmp_path: Path, quiet: Path
) -> None:
    """A plain table under "model", in half precision, with the parts for video that we leave."""
    network = random_network("sam2.1_t").network
    table = {name: value.half() for name, value in network.state_dict().items()}
    table |= {"memory_encoder.out_proj.bias": torch.zeros(64), "no_obj_ptr": torch.zeros(1, 256)}
    file, out = tmp_path / "sam2.1_hiera_tiny.pt", tmp_path / "store" / "sam2.1_t.safetensors"
    torch.save({"model": table}, file)
    told = bring("sam2.1_t", file, out)
    assert told["keys_matched"] == len(network.state_dict()) and told["verified"] is False
    kept = load_file(out)
    assert {value.dtype for value in kept.values()} == {torch.float32}
    again = load(find("sam2.1_t"), out, torch.device("cpu"))
    assert torch.equal(again.network.no_mem_embed, network.no_mem_embed.half().float())


def test_a_file_that_holds_a_whole_network_is_not_opened(
    random_network: Make, tmp_path: Path
) -> None:
    """What ultralytics' own save() writes: a pickle of its classes."""
    file = tmp_path / "mobile_sam.pt"
    torch.save({"model": random_network("mobile_sam").network.prompt_encoder}, file)
    with pytest.raises(UserError) as caught:
        bring("mobile_sam", file, tmp_path / "x.safetensors")
    assert caught.value.code == "weights.pickle"
    file.write_bytes(pickle.dumps({"model": print}))
    with pytest.raises(UserError):
        bring("mobile_sam", file, tmp_path / "x.safetensors")


def test_one_missing_weight_is_too_many(random_network: Make, tmp_path: Path) -> None:
    table = dict(random_network("mobile_sam").network.state_dict())
    table.pop("prompt_encoder.no_mask_embed.weight")
    torch.save(table, tmp_path / "a.pt")
    with pytest.raises(UserError, match=r"prompt_encoder\.no_mask_embed\.weight") as caught:
        bring("mobile_sam", tmp_path / "a.pt", tmp_path / "x.safetensors")
    assert caught.value.code == "weights.incomplete"


@pytest.mark.parametrize("model", ["mobile_sam", "sam_b", "sam2_s", "sam2.1_t"])
def test_parameters_in_the_catalogue_are_counted(quiet: Path, model: str) -> None:
    spec = find(model)
    network = empty(spec)
    ours = sum(parameter.numel() for parameter in network.parameters())
    # The published files of the second line hold parts for video, which are not built here.
    video = 7_505_265 if model.startswith("sam2") else 0
    assert ours + video == pytest.approx(spec.params, rel=1e-3)


def test_addresses_are_the_authors_own() -> None:
    hosts = {"https://dl.fbaipublicfiles.com/", "https://github.com/ChaoningZhang/"}
    for spec in promptable():
        assert spec.weights is not None and spec.weights.url.startswith(tuple(hosts))
        assert spec.weights.hash_prefix is None, "none is published"


def test_images_are_opened_as_they_were_before(random_network: Make) -> None:
    random_network("mobile_sam")
    assert Image.open.__module__ == "PIL.Image"
