from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tlstudio.domain.errors import Cancelled, UserError
from tlstudio.ml.reporter import Orders, Reporter
from tlstudio.ml.runs.packing import pack, unpack
from tlstudio.ml.runs.snapshot import Picture
from tlstudio.ml.runs.store import Store

Bytes = NDArray[np.uint8]


@pytest.fixture
def pictures(tmp_path: Path) -> list[Picture]:
    made = []
    for number in range(6):
        path = tmp_path / f"{number}.bin"
        path.write_bytes(bytes([number]) * (10 + number))
        made.append(Picture(number, path, hashlib.sha256(path.read_bytes()).hexdigest()))
    return made


def store(pictures: list[Picture], loaded: list[int], limit: int | None) -> Store[Picture, Bytes]:
    def load(picture: Picture) -> Bytes:
        loaded.append(int(picture.key))
        content = np.frombuffer(picture.path.read_bytes(), np.uint8)
        if not content[0] and picture.key:
            raise UserError("data.unreadable", file=str(picture.path))
        return content

    return Store(pictures, load, lambda item: item.nbytes, limit=limit)


@pytest.mark.parametrize("limit", [None, 25, 0])
def test_items_are_the_same_whether_kept_or_made_again(
    pictures: list[Picture], limit: int | None
) -> None:
    loaded: list[int] = []
    with store(pictures, loaded, limit) as held:
        assert held.open(Reporter(), stage="s") == []
        opened = len(loaded)
        batches = [(np.array([5, 1]), np.array([7, 8])), (np.array([1]), np.array([9]))]
        found = list(held.stream(batches, lambda item, place, key: (len(item), place, key)))
    assert found == [[(15, 5, 7), (11, 1, 8)], [(11, 1, 9)]]
    assert (len(loaded) > opened) == (limit is not None), "what is kept is not made again"


def test_what_is_kept_stays_below_the_limit(pictures: list[Picture]) -> None:
    with store(pictures, [], 25) as held:
        held.open(Reporter(), stage="s")
        assert sum(item.nbytes for item in held._kept.values()) <= 25
        assert held._kept


def test_changed_missing_and_broken_files_are_named(pictures: list[Picture]) -> None:
    pictures[1].path.write_bytes(b"other")
    pictures[2].path.unlink()
    pictures[3].path.write_bytes(b"\0" * 4)
    pictures[3] = Picture(3, pictures[3].path, None)
    with store(pictures, [], None) as held:
        refused = held.open(Reporter(), stage="s")
        assert held.usable.tolist() == [True, False, False, False, True, True]
    assert {r.picture.key: r.code for r in refused} == {
        1: "training.image_changed",
        2: "data.file_missing",
        3: "data.unreadable",
    }
    assert refused[0].to_json()["params"]["file"].endswith("1.bin")


def test_opening_can_be_cancelled(pictures: list[Picture]) -> None:
    orders = Orders()
    orders.cancel.set()
    with store(pictures, [], None) as held, pytest.raises(Cancelled):
        held.open(Reporter(orders=orders), stage="s")


def test_pixels_are_packed_without_losing_a_value() -> None:
    rng = np.random.default_rng(0)
    eight = rng.integers(0, 256, (5, 7, 3), np.uint8)
    packed = pack(eight)
    assert packed.dtype == np.uint8 and np.array_equal(packed, eight)
    assert np.array_equal(unpack(packed), eight.astype(np.float32) / np.float32(255))
    deep = rng.integers(0, 65536, (5, 7)).astype(np.float32) / np.float32(65535)
    grey = pack(deep)
    assert grey.dtype == np.uint16 and grey.shape == (5, 7, 1)
    assert np.array_equal(unpack(grey), np.repeat(deep[..., None], 3, axis=2))
