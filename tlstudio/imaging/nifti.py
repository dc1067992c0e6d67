"""NIfTI volumes slice by slice, as a radiologist looks at them.

A slice lies across the body's long axis (axial), unless the volume was taken in another plane:
has one slice there, or steps at least twice as long. Where the file says how the patient lay, the
patient's right is on the left of the picture and the front (of a sagittal slice too: to the left)
or the head is on top; where it says nothing, rows and columns stay as stored.
docs/decisions/0017-frames.md
"""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tlstudio.domain.errors import UserError
from tlstudio.domain.spacing import Spacing
from tlstudio.imaging.display import window_of
from tlstudio.imaging.limits import refuse_too_large, require
from tlstudio.imaging.plain import failure, opened
from tlstudio.imaging.planes import Plane, image_of, over_white
from tlstudio.imaging.quiet import quiet
from tlstudio.imaging.spacing import made
from tlstudio.imaging.voi import VOLUME, FileWindow

if TYPE_CHECKING:
    from nibabel.nifti1 import Nifti1Header

SUFFIXES = (".nii", ".nii.gz")
_MAGICS = (b"n+1\0", b"n+2\0")
_HEADER, _HEADER_2 = 348, 540
_UNPACKED_LIMIT = 2**31
_CHUNK = 2**24
_KEPT = 2**29  # bytes of the unpacked volume that is kept for the next slice
_AXES = "xyz"
_PLANE = 2.0  # times: steps this much longer than the others are those between slices
_MICROMETRES = {"mm": 1000.0, "micron": 1.0, "meter": 1e6}


def looks_like_nifti(path: Path, head: bytes) -> bool:
    """Whether the name or the first 352 bytes are those of a NIfTI volume in one file."""
    return path.name.lower().endswith(SUFFIXES) or head[344:348] == _MAGICS[0]


@contextmanager
def nifti_pages(path: Path) -> Iterator[NiftiPages]:
    """The slices of a volume for the block.

    Raises the UserErrors of `plain.opened`, and data.not_image, data.truncated, data.corrupt,
    data.too_large, data.too_many_pixels, data.unpacks_too_large, data.mode.
    """
    with quiet():
        try:
            pages = NiftiPages(path)
        except Exception as error:  # hostile bytes raise anything
            raise failure(error, path) from None
        yield pages


def lie_alike(one: Path, other: Path) -> bool:
    """Whether slices of the same number show the same place of the patient, pixel by pixel: where
    both files say how the patient lay, up to half a step between voxels; where one does not,
    whether the voxels of both are turned alike.

    Raises the UserErrors of `nifti_pages`.
    """
    with nifti_pages(one) as first, nifti_pages(other) as second:
        return first.lies_like(second)


@dataclass(frozen=True, slots=True)
class _Cut:
    """How a volume is cut: `order` and `flips` bring its axes to right, front, head; slices lie
    across `axis`. `known`: the file says how the patient lay."""

    known: bool
    order: tuple[int, int, int]
    flips: tuple[bool, bool, bool]
    axis: int

    def volume(self, stored: NDArray[Any]) -> NDArray[Any]:
        """A view [x, y, z, ...] of the stored axes."""
        rest = range(3, stored.ndim)
        turned = stored.transpose(*self.order, *rest)
        ways = tuple(slice(None, None, -1 if flip else 1) for flip in self.flips)
        volume: NDArray[Any] = turned[ways]
        return volume

    def picture(self, volume: NDArray[Any], index: int) -> NDArray[Any]:
        """[rows, columns, ...] of a slice: radiological, or as stored."""
        flat: NDArray[Any] = np.moveaxis(volume, self.axis, 0)[index]
        if self.known:
            flat = flat[::-1, ::-1]
        return flat.swapaxes(0, 1)

    @property
    def turns(self) -> tuple[object, ...]:
        """What becomes of the stored axes in pictures."""
        flips = (flip != (self.known and n != self.axis) for n, flip in enumerate(self.flips))
        return (self.order, *flips, self.axis)


class NiftiPages:
    """Slices in the order of their axis, for one volume of a series after the other."""

    format = "NIFTI"

    def __init__(self, path: Path) -> None:
        self._path = path
        self._packed = path.name.lower().endswith(".gz")
        with opened(path) as file:
            block = (gzip.GzipFile(fileobj=file) if self._packed else file).read(_HEADER_2)
        header = _header(block, path)
        self._header = header
        shape = [int(n) for n in header.get_data_shape()]
        if not shape or any(n < 1 for n in shape):
            raise UserError("data.corrupt", file=str(path), detail="dim")
        self._stored_shape = tuple(shape)
        self._shape = (*[*shape, 1, 1][:3], prod(shape[3:]))
        self._dtype = header.get_data_dtype()
        if self._dtype.kind == "c":
            raise UserError("data.mode", file=str(path), mode="complex")
        self._bytes = prod(shape) * self._dtype.itemsize
        self._cut = _cut(header, self._shape[:3])
        sides = [self._shape[each] for each in self._cut.order]
        self._slices = sides.pop(self._cut.axis)
        self._sides = (sides[0], sides[1])
        self.count = self._slices * self._shape[3]
        refuse_too_large(*self._sides, self.count, path)
        self._offset = int(header.get_data_offset())
        self._refuse()

    def _refuse(self) -> None:
        if not 0 <= self._offset <= 2**26:
            raise UserError("data.corrupt", file=str(self._path), detail="vox_offset")
        if self._packed:
            if self._bytes > _UNPACKED_LIMIT:
                limit = _UNPACKED_LIMIT // 10**6
                raise UserError("data.unpacks_too_large", file=str(self._path), limit=limit)
        elif self._offset + self._bytes > self._path.stat().st_size:
            raise UserError("data.truncated", file=str(self._path))

    def size(self, frame: int) -> tuple[int, int]:
        require(frame, self.count, self._path)
        return self._sides

    def area(self, frame: int) -> int:
        """That of the whole volume where it has to be unpacked for any slice."""
        require(frame, self.count, self._path)
        return prod(self._shape) if self._packed else prod(self._sides)

    def name(self, frame: int) -> str:
        if self.count == 1:
            return ""
        time, index = divmod(frame, self._slices)
        axis = f"{_AXES[self._cut.axis]} {index + 1}"
        return axis if self._shape[3] == 1 else f"{axis}, t {time + 1}"

    def read(self, frame: int, **_ways: object) -> Plane:
        require(frame, self.count, self._path)
        try:
            return self._plane(frame)
        except Exception as error:  # hostile bytes raise anything
            raise failure(error, self._path) from None

    def _plane(self, frame: int) -> Plane:
        time, index = divmod(frame, self._slices)
        stored = self._stored().reshape(*self._shape, order="F")[..., time]
        values = np.ascontiguousarray(self._cut.picture(self._cut.volume(stored), index))
        spacing, depth = self._spacing(), self._dtype.itemsize * 8
        if values.dtype.names:
            colour = np.stack([values[name] for name in values.dtype.names], axis=-1)
            seen = over_white(colour) if colour.shape[2] == 4 else colour
            return Plane(Image.fromarray(seen), "RGB", 8, spacing=spacing)
        return Plane(
            image_of(self._scaled(values)),
            self._dtype.name,
            depth,
            spacing=spacing,
            windows=self._windows(),
        )

    def _scaled(self, values: NDArray[Any]) -> NDArray[Any]:
        slope, inter = self._header.get_slope_inter()
        if slope is None or (slope, inter) == (1.0, 0.0):
            return values.astype(values.dtype.newbyteorder("="), copy=False)
        scaled: NDArray[np.float32] = (values.astype(np.float64) * slope + inter).astype(np.float32)
        return scaled

    def _windows(self) -> tuple[FileWindow, ...]:
        """What the file states, else one for the whole volume, so that its slices look alike."""
        low, high = float(self._header["cal_min"]), float(self._header["cal_max"])
        stated = (FileWindow(low, high),) if np.isfinite([low, high]).all() and low < high else ()
        if self._dtype == np.uint8 and self._header.get_slope_inter() in ((None, None), (1.0, 0.0)):
            return stated
        low, high = _VOLUMES.window(self._key(), lambda: window_of(self._scaled(self._sample())))
        return (*stated, FileWindow(low, high, VOLUME)) if low < high else stated

    def _sample(self) -> NDArray[Any]:
        flat = self._stored().reshape(-1, order="F")
        return np.ascontiguousarray(flat[:: max(1, flat.size // 1_000_000)])

    def _spacing(self) -> Spacing | None:
        unit = _MICROMETRES.get(self._header.get_xyzt_units()[0])
        steps = [float(z) for z in self._header.get_zooms()[:3]]
        steps += [1.0] * (3 - len(steps))
        across = [steps[axis] for n, axis in enumerate(self._cut.order) if n != self._cut.axis]
        return None if unit is None else made(across[0] * unit, across[1] * unit)

    # -- the patient ----------------------------------------------------------------------

    def lies_like(self, other: NiftiPages) -> bool:
        """See `lie_alike`."""
        if not (self._cut.known and other._cut.known):
            return self._cut.turns == other._cut.turns
        apart = np.linalg.norm(self._corners() - other._corners(), axis=1).max()
        step = min(abs(float(zoom)) for zoom in other._header.get_zooms()[:3])
        return self._cut.axis == other._cut.axis and bool(apart <= step / 2)

    def _corners(self) -> NDArray[np.float64]:
        """Where the voxels at the corners lie [8, 3], the rightmost, frontmost, highest last."""
        places = np.zeros((8, 3))
        ends = np.indices((2, 2, 2), dtype=bool).reshape(3, 8)
        for end, axis, flip in zip(ends, self._cut.order, self._cut.flips, strict=True):
            places[:, axis] = (end != flip) * (self._shape[axis] - 1)
        affine: NDArray[np.float64] = self._header.get_best_affine()
        return places @ affine[:3, :3].T + affine[:3, 3]

    # -- the file -------------------------------------------------------------------------

    def _key(self) -> tuple[str, int, int]:
        status = self._path.stat()
        return str(self._path.absolute()), status.st_mtime_ns, status.st_size

    def _stored(self) -> NDArray[Any]:
        """All values as they lie in the file, mapped into memory or unpacked."""
        if not self._packed:
            return np.memmap(
                self._path, self._dtype, "r", self._offset, self._stored_shape, order="F"
            )
        return _VOLUMES.volume(self._key(), self._unpacked)

    def _unpacked(self) -> NDArray[Any]:
        raw = np.empty(self._bytes, dtype=np.uint8)
        with opened(self._path) as file, gzip.GzipFile(fileobj=file) as stream:
            stream.seek(self._offset)
            place = 0
            while place < self._bytes:
                some = stream.read(min(_CHUNK, self._bytes - place))
                if not some:
                    raise UserError("data.truncated", file=str(self._path))
                raw[place : place + len(some)] = np.frombuffer(some, dtype=np.uint8)
                place += len(some)
        values: NDArray[Any] = raw.view(self._dtype)
        return values.reshape(self._stored_shape, order="F")


class _Volumes:
    """The volume that was unpacked last, and windows of the last ones, so that the next slice of
    the same file comes at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: tuple[object, NDArray[Any]] | None = None
        self._windows: dict[object, tuple[float, float]] = {}

    def volume(self, key: object, make: Any) -> NDArray[Any]:
        with self._lock:
            if self._last is not None and self._last[0] == key:
                return self._last[1]
            self._last = None
        made_now: NDArray[Any] = make()
        made_now.setflags(write=False)
        if made_now.nbytes <= _KEPT:
            with self._lock:
                self._last = (key, made_now)
        return made_now

    def window(self, key: object, make: Any) -> tuple[float, float]:
        found = self._windows.get(key)
        if found is None:
            found = make()
            with self._lock:
                if len(self._windows) > 100:
                    self._windows.clear()
                self._windows[key] = found
        return found


_VOLUMES = _Volumes()


def _header(block: bytes, path: Path) -> Nifti1Header:
    from nibabel.nifti1 import Nifti1Header
    from nibabel.nifti2 import Nifti2Header

    if len(block) < _HEADER:
        raise UserError("data.truncated", file=str(path))
    if block[344:348] == _MAGICS[0]:
        return Nifti1Header(block[:_HEADER], check=False)
    if block[4:8] == _MAGICS[1] and len(block) == _HEADER_2:
        return Nifti2Header(block, check=False)
    raise UserError("data.not_image", file=str(path))


def _cut(header: Nifti1Header, shape: tuple[int, ...]) -> _Cut:
    """The plane of the slices, and which way each axis runs."""
    from nibabel.orientations import io_orientation

    steps = [abs(float(z)) for z in header.get_zooms()[:3]]
    steps += [0.0] * (3 - len(steps))
    known = int(header["sform_code"]) > 0 or int(header["qform_code"]) > 0
    order, flips = (0, 1, 2), (False, False, False)
    if known:
        found = io_orientation(header.get_best_affine())
        known = bool(np.isfinite(found).all())
        if known:
            axes = [int(axis) for axis in found[:, 0]]
            order = (axes.index(0), axes.index(1), axes.index(2))
            flips = tuple(bool(found[axis, 1] < 0) for axis in order)  # type: ignore[assignment]
    return _Cut(known, order, flips, _across([shape[a] for a in order], [steps[a] for a in order]))


def _across(sides: list[int], steps: list[float]) -> int:
    """The axis that slices follow one another along."""
    single = [axis for axis in range(3) if sides[axis] == 1]
    if single:
        return single[0] if len(single) == 1 else 2
    longest = max(range(3), key=lambda axis: steps[axis])
    others = max(step for axis, step in enumerate(steps) if axis != longest)
    return longest if others > 0 and steps[longest] >= _PLANE * others else 2
