"""Weight files from anywhere: tensors, or a refusal that says what to do; never code run."""

from __future__ import annotations

import pickle
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from tlstudio.domain.errors import UserError
from tlstudio.ml.zoo import read_weights

TENSORS = {"a.weight": torch.arange(6.0).reshape(2, 3), "a.bias": torch.zeros(2)}


def refused(path: Path, code: str) -> UserError:
    with pytest.raises(UserError) as caught:
        read_weights(path)
    assert caught.value.code == code
    assert caught.value.file == str(path)
    assert str(path) in str(caught.value) and "<" not in str(caught.value)
    return caught.value


def assert_read(path: Path) -> None:
    found = read_weights(path)
    assert found.keys() == TENSORS.keys()
    assert all(torch.equal(found[name], TENSORS[name]) for name in TENSORS)


@pytest.mark.parametrize("name", ["w.safetensors", "w.pth", "Gewichte grün.bin"])
def test_safetensors_by_content_whatever_the_name(name: str, tmp_path: Path) -> None:
    save_file(TENSORS, tmp_path / name)
    assert_read(tmp_path / name)


NESTS: dict[str, Callable[[], object]] = {
    "plain": lambda: TENSORS,
    "state_dict": lambda: {"epoch": 7, "state_dict": TENSORS, "optimizer": {"lr": 0.1}},
    "model": lambda: {"model": TENSORS, "args": {"lr": 0.1}},
    "ema": lambda: {"model": {"a.weight": torch.ones(2, 3)}, "ema": {"state_dict": TENSORS}},
    "model_ema": lambda: {"state_dict": {"a.bias": torch.ones(2)}, "model_ema": TENSORS},
    "with a number": lambda: {**TENSORS, "epoch": 3},
    "parameters": lambda: {name: nn.Parameter(value) for name, value in TENSORS.items()},
}


@pytest.mark.parametrize("nest", NESTS)
@pytest.mark.parametrize("zipped", [True, False])
def test_pytorch_files_in_the_forms_training_programs_write(
    nest: str, zipped: bool, tmp_path: Path
) -> None:
    path = tmp_path / "w.pth"
    torch.save(NESTS[nest](), path, _use_new_zipfile_serialization=zipped)
    assert_read(path)


class Malice:
    """Unpickled without care, this makes a file."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.mark,))


@pytest.mark.parametrize("form", ["pickle", "zip", "legacy", "zip named safetensors"])
def test_malicious_pickles_are_refused_and_not_executed(form: str, tmp_path: Path) -> None:
    mark = tmp_path / "executed"
    path = tmp_path / ("w.safetensors" if "named" in form else "w.pth")
    content = {"a.weight": TENSORS["a.weight"], "extra": Malice(mark)}
    if form == "pickle":
        path.write_bytes(pickle.dumps(content["extra"]))
    else:
        torch.save(content, path, _use_new_zipfile_serialization=form != "legacy")
    trouble = refused(path, "weights.pickle")
    assert "safetensors" in str(trouble)
    assert not mark.exists()
    pickle.loads(pickle.dumps(Malice(mark)))  # noqa: S301 - the danger is real
    assert mark.exists()


def test_a_whole_pickled_model_is_refused(tmp_path: Path) -> None:
    torch.save(nn.Linear(2, 2), tmp_path / "model.pt")
    refused(tmp_path / "model.pt", "weights.pickle")


def test_a_torchscript_program_is_told_from_weights(tmp_path: Path) -> None:
    path = tmp_path / "program.pt"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.trace(nn.Linear(2, 2), torch.zeros(1, 2)), path)
    refused(path, "weights.torchscript")


def test_missing_and_empty_files(tmp_path: Path) -> None:
    refused(tmp_path / "nowhere.pth", "weights.no_file")
    refused(tmp_path, "weights.no_file")
    (tmp_path / "empty.pth").touch()
    refused(tmp_path / "empty.pth", "weights.empty")


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.95])
@pytest.mark.parametrize("form", ["safetensors", "zip", "legacy"])
def test_cut_files(form: str, share: float, tmp_path: Path) -> None:
    path = tmp_path / "w"
    tensors = {f"layer{i}.weight": torch.randn(40, 40) for i in range(20)}
    if form == "safetensors":
        save_file(tensors, path)
    else:
        torch.save(tensors, path, _use_new_zipfile_serialization=form == "zip")
    whole = path.read_bytes()
    path.write_bytes(whole[: max(16, int(len(whole) * share))])
    refused(path, "weights.truncated")


def test_flipped_bytes_in_headers_never_fault(tmp_path: Path) -> None:
    for form in ("safetensors", "zip", "legacy"):
        path = tmp_path / form
        if form == "safetensors":
            save_file(TENSORS, path)
        else:
            torch.save(TENSORS, path, _use_new_zipfile_serialization=form == "zip")
        whole = path.read_bytes()
        for at in range(0, min(len(whole), 400), 3):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x5A]) + whole[at + 1 :])
            try:
                read_weights(path)
            except UserError as refusal:
                assert refusal.code.startswith("weights.")


@pytest.mark.parametrize("header", [2**63, 2**40, 10_000])
def test_a_safetensors_header_larger_than_the_file(header: int, tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    path.write_bytes(struct.pack("<Q", header) + b'{"a": {"dtype": "F32"}}')
    refused(path, "weights.truncated")


@pytest.mark.parametrize(
    "content", [b"<!DOCTYPE html><html>log in</html>", b"version https://git-lfs", b"\x89HDF\r\n"]
)
def test_files_of_other_kinds(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "w.h5").write_bytes(content)
    refused(tmp_path / "w.h5", "weights.format")


def test_a_zip_that_is_no_weights_file(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "w.pth", "w") as archive:
        archive.writestr("letter.txt", "hello")
    refused(tmp_path / "w.pth", "weights.format")


@pytest.mark.parametrize("content", [{}, {"epoch": 3}, [1, 2], 5, {"state_dict": {"a": 1}}])
def test_a_file_without_tensors(content: object, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "w.pth")
    refused(tmp_path / "w.pth", "weights.no_tensors")


def test_values_that_are_no_numbers(tmp_path: Path) -> None:
    save_file({"a.weight": torch.tensor([1.0, float("nan")])}, tmp_path / "w.safetensors")
    trouble = refused(tmp_path / "w.safetensors", "weights.not_finite")
    assert "a.weight" in str(trouble)


@pytest.mark.parametrize("length", [0x80, 0x280, 0x4B50])
def test_a_header_length_that_looks_like_another_kind_of_file(length: int, tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    save_file(TENSORS, path)
    whole = path.read_bytes()
    header = struct.unpack("<Q", whole[:8])[0]
    padded = whole[8 : 8 + header].rstrip().ljust(length)
    path.write_bytes(struct.pack("<Q", length) + padded + whole[8 + header :])
    assert_read(path)
