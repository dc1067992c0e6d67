"""Groups from folder levels, columns and patterns."""

from __future__ import annotations

import time

import pytest

from tlstudio.domain.errors import UserError
from tlstudio.formats.grouping import column_of, parse_group_from


@pytest.mark.parametrize(
    ("rule", "name", "group"),
    [
        ("folder:1", "p1/left/a.png", "p1"),
        ("folder:2", "p1/left/a.png", "left"),
        ("folder:-1", "p1/left/a.png", "left"),
        ("folder:3", "p1/left/a.png", None),
        ("folder:1", "a.png", None),
        ("regex:(P\\d+)_", "x/P012_3.png", "P012"),
        ("regex:^(?P<group>[^_/]+)_(\\d+)", "case7_01.png", "case7"),
        ("regex:slide\\d+", "b/slide4-a.png", "slide4"),
        ("regex:(P\\d+)", "nothing.png", None),
        ("regex:(?:a|b)(\\d+)", "b7.png", "7"),
        ("regex:(P\\d+)?x", "x.png", None),
    ],
)
def test_rules(rule: str, name: str, group: str | None) -> None:
    assert parse_group_from(rule)(name, {}) == group


def test_a_column_is_found_whatever_its_capitals() -> None:
    grouper = parse_group_from("column:Patient ID")
    assert grouper("a.png", {"patient id": "7"}) == "7"
    assert grouper("a.png", {"patient id": ""}) is None
    assert column_of("column:Patient ID") == "patient id"
    assert column_of("folder:1") is None


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("folder:0", "data.group_folder"),
        ("folder:x", "data.group_folder"),
        ("regex:(", "data.group_regex"),
        ("column:", "data.group_from"),
        ("dicom", "data.group_from"),
        ("regex:(a+)+$", "data.group_regex_slow"),
        ("regex:((ab*)c)+", "data.group_regex_slow"),
        ("regex:([ab]|a)*c", "data.group_regex_slow"),
    ],
)
def test_rules_that_cannot_be(rule: str, code: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_group_from(rule)
    assert caught.value.code == code


def test_a_long_name_does_not_hang() -> None:
    grouper = parse_group_from(r"regex:\d+-\d+-\d+x")
    start = time.thread_time()
    assert grouper("1" * 100_000, {}) is None
    assert time.thread_time() - start < 5
