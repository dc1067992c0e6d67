from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from tlstudio.domain.errors import UserError
from tlstudio.ml import devices


def test_the_processor_is_taken_and_the_reason_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert devices.choose_device("auto") == devices.Device("cpu", "training.device.no_card")
    with pytest.raises(UserError) as raised:
        devices.choose_device("cuda")
    assert raised.value.code == "training.no_device"


def test_a_card_that_does_not_compute_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(devices, "_cuda_works", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    found = devices.choose_device("auto")
    assert found.name == "cpu" and found.fell_back


@pytest.mark.parametrize(("slow", "helps"), [(False, True), (True, False)])
def test_mixed_precision_only_where_it_is_clearly_faster(
    slow: bool, helps: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(devices, "time", SimpleNamespace(perf_counter=lambda: now[0]))

    def step(mixed: bool) -> None:
        now[0] += 0.02 if mixed is slow else 0.004

    assert devices.mixed_precision_helps(step, rounds=3) is helps


def test_mixed_precision_that_fails_is_not_used() -> None:
    def step(mixed: bool) -> None:
        if mixed:
            raise RuntimeError("not implemented for this device")

    assert not devices.mixed_precision_helps(step)


def test_a_person_s_number_of_threads_holds_after_a_library_changed_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = torch.get_num_threads()
    try:
        monkeypatch.setenv("OMP_NUM_THREADS", "2,1")
        torch.set_num_threads(1)
        assert devices.use_all_cores() == 2
        monkeypatch.delenv("OMP_NUM_THREADS")
        monkeypatch.setattr(devices.psutil, "cpu_count", lambda logical=True: 1)
        assert devices.use_all_cores() == 1
    finally:
        torch.set_num_threads(before)
