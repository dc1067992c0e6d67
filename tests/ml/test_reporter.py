from __future__ import annotations

import pytest

from tlstudio.domain.errors import Cancelled
from tlstudio.domain.events import EpochEnded, Event, Progressed
from tlstudio.ml.reporter import Orders, Orphaned, Reporter


def test_progress_is_thinned_out_but_its_end_and_every_other_event_pass() -> None:
    heard: list[Event] = []
    reporter = Reporter(heard.append)
    for done in range(1, 1001):
        reporter.emit(Progressed("a", done, 1000))
    epoch = EpochEnded("a", 1, 1, 0.0, {})
    reporter.emit(epoch)
    assert heard[0] == Progressed("a", 1, 1000)
    assert heard[-2:] == [Progressed("a", 1000, 1000), epoch]
    assert len(heard) < 20


def test_a_new_stage_is_said_at_once() -> None:
    heard: list[Event] = []
    reporter = Reporter(heard.append)
    reporter.emit(Progressed("a", 1, 9))
    reporter.emit(Progressed("b", 1, 9))
    assert len(heard) == 2


def test_orders_reach_the_work() -> None:
    orders = Orders()
    reporter = Reporter(orders=orders)
    reporter.check()
    assert not reporter.stop_wanted
    orders.take("stop\r\n")
    assert reporter.stop_wanted
    orders.take("cancel")
    with pytest.raises(Cancelled) as raised:
        reporter.check()
    assert not isinstance(raised.value, Orphaned)
    orders.parent_gone()
    with pytest.raises(Orphaned):
        reporter.check()


def test_requests_come_in_order_and_end_with_the_parent() -> None:
    orders = Orders()
    for line in ('{"id": 1}', "", '{"id": 2}'):
        orders.take(line)
    orders.parent_gone()
    assert list(Reporter(orders=orders).requests()) == ['{"id": 1}', '{"id": 2}']


def test_a_warning_is_kept_once_and_information_is_not() -> None:
    reporter = Reporter()
    reporter.remark("training.few_images", labels="a")
    reporter.remark("training.few_images", labels="a")
    reporter.remark("training.probe_skipped", level="info")
    assert reporter.warnings == [{"code": "training.few_images", "params": {"labels": "a"}}]
