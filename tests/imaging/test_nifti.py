"""NIfTI volumes: which slice is which, which way round, and what is refused."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from numpy.typing import NDArray

from tlstudio.domain.errors import UserError
from tlstudio.imaging.levels import read_raw
from tlstudio.imaging.nifti import lie_alike
from tlstudio.imaging.pages import opened_pages
from tlstudio.imaging.reading import looks_like_image

SAMPLES = Path(nibabel.__file__).parent / "tests/data"
STANDARD = np.diag([1.0, 1.0, 1.0, 1.0])


def kept(
    path: Path, values: NDArray[Any], affine: NDArray[np.float64] | None = STANDARD, **more: Any
) -> Path:
    image = nibabel.Nifti1Image(values, affine)
    image.header.set_xyzt_units("mm")
    for name, value in more.items():
        image.header[name] = value
    nibabel.save(image, path)
    return path


def corners() -> NDArray[np.int16]:
    """[x to the right, y to the front, z to the head] of 4 x 5 x 6: each value is its place."""
    x, y, z = np.mgrid[0:4, 0:5, 0:6]
    return (100 * x + 10 * y + z).astype(np.int16)


@pytest.mark.parametrize("ending", [".nii", ".nii.gz"])
def test_an_axial_slice_is_seen_from_the_feet(ending: str, tmp_path: Path) -> None:
    path = kept(tmp_path / f"a{ending}", corners())
    assert looks_like_image(path)
    with opened_pages(path) as pages:
        assert (pages.count, pages.size(0), pages.name(2)) == (6, (4, 5), "z 3")
    seen = read_raw(path, frame=2).values
    assert seen[0, 0] == 342  # the patient's right and front: left and top of the picture
    assert seen[-1, -1] == 2


AXES = {"R": (0, 1), "L": (0, -1), "A": (1, 1), "P": (1, -1), "S": (2, 1), "I": (2, -1)}


def reoriented(values: NDArray[Any], code: str) -> Any:
    """The same place, with its axes stored in another way."""
    start = nibabel.orientations.axcodes2ornt("RAS")
    turn = nibabel.orientations.ornt_transform(start, nibabel.orientations.axcodes2ornt(code))
    return nibabel.Nifti1Image(values, STANDARD).as_reoriented(turn)


@pytest.mark.parametrize("code", ["RAS", "LPS", "LAS", "PIR", "SLA", "ASL", "IRP"])
def test_however_it_is_stored_the_picture_is_the_same(code: str, tmp_path: Path) -> None:
    image = reoriented(corners(), code)
    assert "".join(nibabel.aff2axcodes(image.affine)) == code
    nibabel.save(image, tmp_path / "a.nii.gz")
    plain = kept(tmp_path / "plain.nii", corners())
    assert lie_alike(plain, tmp_path / "a.nii.gz")
    for frame in (0, 3, 5):
        found = read_raw(tmp_path / "a.nii.gz", frame=frame).values
        assert np.array_equal(found, read_raw(plain, frame=frame).values)


def test_slices_follow_the_plane_that_the_volume_was_taken_in(tmp_path: Path) -> None:
    thick = np.diag([5.0, 1.0, 1.0, 1.0])
    path = kept(tmp_path / "a.nii", corners(), thick)
    with opened_pages(path) as pages:
        assert (pages.count, pages.size(0), pages.name(0)) == (4, (5, 6), "x 1")
    seen = read_raw(path, frame=1).values
    assert seen[0, 0] == 145  # head on top, front to the left
    raw = read_raw(kept(tmp_path / "b.nii", corners()[:, 2:3]), frame=0)
    assert raw.values[0, 0] == 300 + 20 + 5  # one coronal slice: the right to the left, head up


def test_where_nothing_is_said_rows_stay_as_stored(tmp_path: Path) -> None:
    image = nibabel.Nifti1Image(corners(), None)
    nibabel.save(image, tmp_path / "a.nii")
    assert np.array_equal(read_raw(tmp_path / "a.nii", frame=4).values, corners()[:, :, 4].T)


@pytest.mark.parametrize(
    ("change", "alike"),
    [
        ({"origin": 0.4}, True),
        ({"origin": 0.6}, False),
        ({"step": 1.01}, True),
        ({"step": 1.2}, False),
        ({"turn": 0.05}, True),
        ({"turn": 0.5}, False),
    ],
)
def test_volumes_lie_alike_up_to_half_a_voxel(
    change: dict[str, float], alike: bool, tmp_path: Path
) -> None:
    affine = STANDARD.copy()
    affine[0, 3] = change.get("origin", 0)
    affine[2, 2] = change.get("step", 1)
    affine[1, 0] = change.get("turn", 0)
    one, other = kept(tmp_path / "a.nii", corners()), kept(tmp_path / "b.nii", corners(), affine)
    assert lie_alike(one, other) == lie_alike(other, one) == alike


def test_where_one_volume_says_nothing_it_has_to_be_turned_like_the_other(tmp_path: Path) -> None:
    silent = kept(tmp_path / "silent.nii", corners(), None)
    assert lie_alike(silent, silent)
    for code in ("RAS", "LPS"):
        nibabel.save(reoriented(corners(), code), tmp_path / f"{code}.nii")
    assert lie_alike(silent, tmp_path / "LPS.nii"), "rows and columns as stored are radiological"
    assert not lie_alike(tmp_path / "RAS.nii", silent)


def test_two_axes_are_one_picture_and_four_a_row_of_volumes(tmp_path: Path) -> None:
    flat = kept(tmp_path / "flat.nii.gz", corners()[:, :, 0])
    with opened_pages(flat) as pages:
        assert (pages.count, pages.name(0)) == (1, "")
    film = np.stack([corners(), corners() + 1000], axis=-1)
    path = kept(tmp_path / "film.nii.gz", film)
    with opened_pages(path) as pages:
        assert (pages.count, pages.name(7)) == (12, "z 2, t 2")
    assert np.array_equal(
        read_raw(path, frame=7).values, read_raw(path, frame=1).values + np.float32(1000)
    )


def test_values_are_scaled_and_the_window_of_the_file_is_first(tmp_path: Path) -> None:
    image = nibabel.Nifti1Image(corners(), STANDARD)
    image.header.set_slope_inter(2.5, -7)
    image.header["cal_min"], image.header["cal_max"] = -50, 500
    image.header.set_xyzt_units("mm")
    nibabel.save(image, tmp_path / "a.nii")
    raw = read_raw(tmp_path / "a.nii", frame=2)
    assert raw.values[-1, -1] == 2 * 2.5 - 7 or np.isclose(raw.values[-1, -1], -2, atol=1)
    assert raw.window is not None
    assert (raw.window.low, raw.window.high) == (-50, 500)


def test_slices_of_a_volume_share_a_window(tmp_path: Path) -> None:
    path = kept(tmp_path / "a.nii.gz", corners())
    windows = [read_raw(path, frame=n).window for n in (0, 5)]
    assert all(window is not None for window in windows)
    assert len({(w.low, w.high, w.name) for w in windows if w}) == 1


def test_samples_of_nibabel_are_read_as_it_reads_them() -> None:
    files = sorted(p for p in SAMPLES.iterdir() if p.name.endswith((".nii", ".nii.gz")))
    assert len(files) >= 6
    for path in files:
        image = nibabel.load(path)
        values = np.asarray(image.dataobj, dtype=np.float32)
        with opened_pages(path) as pages:
            count = pages.count
        sums = [np.nansum(read_raw(path, frame=n).values.astype(float)) for n in range(count)]
        total = float(np.sum(sums))
        assert np.isclose(total, np.nansum(values.astype(float)), rtol=1e-5), path.name


def packed(values: bytes, **fields: Any) -> bytes:
    header = nibabel.Nifti1Header()
    header.set_data_shape(fields.pop("shape", (4, 5, 6)))
    header.set_data_dtype(np.int16)
    header["vox_offset"] = 352
    for name, value in fields.items():
        header[name] = value
    header["magic"] = b"n+1"
    return gzip.compress(header.binaryblock + b"\0" * 4 + values, mtime=0)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param(packed(b"\0" * 100), "data.truncated", id="too few values"),
        pytest.param(packed(b"\0" * 240)[:-20], "data.truncated", id="cut off"),
        pytest.param(packed(b"", shape=(30000, 30000, 30000)), "data.too_large", id="volume"),
        pytest.param(packed(b"", shape=(30000, 30000)), "data.too_large", id="plane"),
        pytest.param(packed(b"", shape=(2000, 2000, 900)), "data.unpacks_too_large", id="bomb"),
        pytest.param(packed(b"", shape=(1, 1, 30000, 30000)), "data.too_many_pixels", id="slice"),
        pytest.param(packed(b"\0" * 240, vox_offset=1e9), "data.corrupt", id="offset"),
        pytest.param(gzip.compress(b"no volume" * 50, mtime=0), "data.not_image", id="text"),
        pytest.param(b"\x1f\x8bnot even packed", "data.corrupt", id="not packed"),
    ],
)
def test_what_is_broken_ends_in_a_reason(content: bytes, code: str, tmp_path: Path) -> None:
    (tmp_path / "a.nii.gz").write_bytes(content)
    with pytest.raises(UserError) as caught:
        read_raw(tmp_path / "a.nii.gz")
    assert caught.value.code == code


def test_a_bomb_behind_a_small_header_is_never_unpacked(tmp_path: Path) -> None:
    (tmp_path / "a.nii.gz").write_bytes(packed(b"\0" * (240 + 200_000_000)))
    assert read_raw(tmp_path / "a.nii.gz", frame=5).values.shape == (5, 4)
