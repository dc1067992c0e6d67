"""Files that ultralytics saves hold whole pickled models: read as data, never run."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from tlstudio.catalog.index import find
from tlstudio.domain.errors import UserError
from tlstudio.domain.runs import JobSpec
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.ultralytics import weights
from tlstudio.ml.weights import import_weights
from tlstudio.ml.zoo import pickled

Network = Callable[..., nn.Module]


def save_as_ultralytics_does(network: nn.Module, path: Path, *, ema: bool = True) -> None:
    """A training checkpoint: the averaged network in half precision, with all that is beside it."""
    from types import SimpleNamespace

    whole = network.half()
    content = {
        "epoch": 3,
        "model": None if ema else whole,
        "ema": whole if ema else None,
        "optimizer": {"state": {}, "param_groups": [{"lr": 0.01}]},
        "train_args": {"imgsz": 640, "classes": (1, 2), "names": {0: "a"}},
        "args": SimpleNamespace(task="detect", save_dir=path.parent),
    }
    torch.save(content, path)


def import_job(model: str, file: Path, out: Path) -> JobSpec:
    params = {"model": find(model).to_json(), "file": str(file), "out": str(out)}
    return JobSpec("import-weights", "detection", str(out.parent), str(out.parent), params)


@pytest.mark.parametrize("model", ["yolov8n", "yolo11n", "yolo26n"])
@pytest.mark.parametrize("ema", [True, False])
def test_a_saved_model_gives_the_tensors_of_its_state(
    network: Network, model: str, ema: bool, tmp_path: Path
) -> None:
    made = network(model)
    expected = {name: value.half() for name, value in made.state_dict().items()}
    save_as_ultralytics_does(made, tmp_path / "w.pt", ema=ema)
    found = weights.read_any(tmp_path / "w.pt")
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name].half(), value) for name, value in expected.items())


def test_importing_stores_all_of_it_in_single_precision(network: Network, tmp_path: Path) -> None:
    save_as_ultralytics_does(network("yolo11n", 5), tmp_path / "w.pt")
    out = tmp_path / "store.safetensors"
    told = import_weights(import_job("yolo11n", tmp_path / "w.pt", out), Reporter())
    assert (told["keys_missing"], told["verified"]) == (0, False)
    stored = load_file(out)
    assert {t.dtype for t in stored.values()} == {torch.float32, torch.int64}
    again = network("yolo11n", 7)
    fit = weights.load(again, stored, backbone=False, file="f", name="yolo11n")
    assert fit.backbone_matched == fit.backbone_total and fit.matched < fit.total
    same = again.state_dict()["model.4.cv1.conv.weight"]
    assert torch.equal(same, stored["model.4.cv1.conv.weight"])


def test_only_the_backbone_is_loaded_where_only_that_is_asked_for(network: Network) -> None:
    made, start = network("yolo11n"), network("yolo11n").state_dict()
    given = {name: torch.full_like(value, 2) for name, value in start.items()}
    fit = weights.load(made, given, backbone=True, file="f", name="yolo11n")
    assert fit.matched == fit.backbone_matched == fit.backbone_total
    now = made.state_dict()
    assert torch.equal(now["model.10.cv1.conv.weight"], given["model.10.cv1.conv.weight"])
    assert torch.equal(now["model.13.cv1.conv.weight"], start["model.13.cv1.conv.weight"])


@pytest.mark.parametrize("other", ["yolov8n", "yolo26n", "yolo11s"])
def test_a_file_of_another_model_is_refused(network: Network, other: str, tmp_path: Path) -> None:
    save_file(network(other).state_dict(), tmp_path / "w.safetensors")
    out = tmp_path / "store.safetensors"
    with pytest.raises(UserError) as caught:
        import_weights(import_job("yolo11n", tmp_path / "w.safetensors", out), Reporter())
    assert caught.value.code == "weights.mismatch"
    assert not out.exists()


@pytest.mark.parametrize("prefix", ["module.", "model.", "module.model."])
def test_names_with_a_wrapper_in_front_are_known(network: Network, prefix: str) -> None:
    made = network("yolo11n")
    given = {prefix + name: value for name, value in made.state_dict().items()}
    fit = weights.load(made, given, backbone=False, file="f", name="yolo11n")
    assert fit.matched == fit.total


class Hostile:
    """Unpickling this runs what it says."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.mark,))


@pytest.mark.parametrize("place", ["alone", "beside", "inside"])
def test_a_hostile_file_is_not_run(network: Network, place: str, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    made = network("yolo11n")
    if place == "inside":
        made.model[0].extra = Hostile(mark)  # type: ignore[index,union-attr,assignment]
    content = {"alone": Hostile(mark), "beside": {"model": made, "x": Hostile(mark)}}
    torch.save(content.get(place, {"model": made}), tmp_path / "w.pt")
    if place == "alone":
        with pytest.raises(UserError) as caught:
            weights.read_any(tmp_path / "w.pt")
        assert caught.value.code == "weights.pickle"
    else:
        assert "model.0.conv.weight" in weights.read_any(tmp_path / "w.pt")
    assert not mark.exists()
    torch.load(tmp_path / "w.pt", weights_only=False)  # the file is a real attack
    assert mark.exists()


def rewritten(source: Path, target: Path, **entries: bytes) -> Path:
    """The archive `source` with other content in the entries whose names end so."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = next(
                (value for end, value in entries.items() if name.endswith(end.replace("__", "/"))),
                old.read(name),
            )
            new.writestr(name, content)
    return target


def test_bytes_that_do_not_fit_the_tensors_are_refused(network: Network, tmp_path: Path) -> None:
    save_as_ultralytics_does(network("yolo11n"), tmp_path / "w.pt")
    broken = rewritten(tmp_path / "w.pt", tmp_path / "broken.pt", data__0=b"few")
    with pytest.raises(UserError) as caught:
        weights.read_any(broken)
    assert caught.value.code == "weights.pickle"
    other = rewritten(tmp_path / "w.pt", tmp_path / "other.pt", byteorder=b"big")
    with pytest.raises(pickled.NotReadable, match="order"):
        pickled.tensors_of_model(other)


def test_a_tensor_cannot_unfold_to_more_than_its_bytes() -> None:
    facts = ("storage", pickled.Name("torch", "FloatStorage"), "0", "cpu", 1)
    arguments = (pickled.Outside(facts), 0, (2**40,), (0,))
    call = pickled.Call(pickled.Name("torch._utils", "_rebuild_tensor_v2"), arguments)

    class OneNumber(pickled._Store):
        def _values(self, facts: object) -> torch.Tensor:
            return torch.zeros(1)

    store = OneNumber(None, "")  # type: ignore[arg-type]
    with pytest.raises(pickled.NotReadable):
        store.tensor(call)


@pytest.mark.parametrize(
    "program",
    [
        b"",
        b"\x80\x02",
        b"\x80\x02.",
        b"\x80\x02(.",
        b"N(.",
        b"\x80\x02ctorch\n",
        b"NK\x01Ns.",
        b"a.",
    ],
)
def test_damaged_programs_are_refused(program: bytes) -> None:
    with pytest.raises(pickled.NotReadable):
        pickled.understand(program)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_plain_values_of_every_protocol_with_zip_files_are_understood(protocol: int) -> None:
    values = {"a": [1, 2.5, None, True, -(2**70)], "b": ("x", (), ("y",), b"z"), 3: {"c": {}}}
    if protocol < 3:
        values["b"] = ("x", (), ("y",))  # bytes are written as a call there
    assert pickled.understand(pickle.dumps(values, protocol)) == values
