"""Where to compute, with how many threads, and in which precision; each choice has a reason."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass

import psutil
import torch

from tlstudio.domain.errors import UserError

GAIN_WANTED = 1.15  # mixed precision must be this much faster than single precision


@dataclass(frozen=True, slots=True)
class Device:
    """`name` is cpu, cuda:0 or mps; `reason` a message code; `fell_back` is True where a graphics
    card is built in but cannot be used."""

    name: str
    reason: str
    fell_back: bool = False

    @property
    def kind(self) -> str:
        return self.name.split(":")[0]

    @property
    def torch(self) -> torch.device:
        return torch.device(self.name)


def choose_device(wanted: str) -> Device:
    """The device for `wanted` (auto, cpu, cuda, mps).

    UserError("training.no_device") where a named device cannot be used.
    """
    if wanted == "cpu":
        return Device("cpu", "training.device.chosen")
    for kind, usable, name in (
        ("cuda", _cuda_works, "cuda:0"),
        ("mps", _mps_works, "mps"),
    ):
        if wanted == kind:
            if not usable():
                raise UserError("training.no_device", device=wanted)
            return Device(name, "training.device.chosen")
        if wanted == "auto" and usable():
            return Device(name, "training.device.found")
    if torch.cuda.is_available():
        return Device("cpu", "training.device.cuda_broken", fell_back=True)
    return Device("cpu", "training.device.no_card")


def _cuda_works() -> bool:
    """A card can be seen and computes: drivers that are too old are seen and then fail."""
    if not torch.cuda.is_available():
        return False
    try:
        return bool((torch.ones(8, device="cuda:0") * 2).sum().item() == 16)
    except RuntimeError:
        return False


def _mps_works() -> bool:
    return torch.backends.mps.is_available()


def use_all_cores() -> int:
    """Let torch use every physical core this process may use, or as many threads as a person's
    own OMP_NUM_THREADS says, whatever a library has set meanwhile. Gives the number of threads."""
    own = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    if own.isdigit() and int(own) > 0:
        torch.set_num_threads(int(own))
    else:
        physical = psutil.cpu_count(logical=False) or os.cpu_count() or 1
        allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else physical
        torch.set_num_threads(max(1, min(physical, allowed)))
    return torch.get_num_threads()


def mixed_precision_helps(step: Callable[[bool], None], *, rounds: int = 5) -> bool:
    """Whether `step(mixed)` is clearly faster with mixed precision: median of `rounds` each,
    interleaved, after one round to warm up. `step` must wait for the device to finish.
    """
    times: dict[bool, list[float]] = {False: [], True: []}
    try:
        for turn in range(rounds + 1):
            for mixed in (False, True):
                start = time.perf_counter()
                step(mixed)
                if turn:
                    times[mixed].append(time.perf_counter() - start)
    except RuntimeError:
        return False
    return _median(times[False]) >= GAIN_WANTED * _median(times[True])


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def free_memory(device: Device) -> int:
    """Bytes of memory free for use on the device."""
    if device.kind == "cuda":
        free, _total = torch.cuda.mem_get_info(device.torch)
        return int(free)
    return int(psutil.virtual_memory().available)
