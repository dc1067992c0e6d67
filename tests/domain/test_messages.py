"""Filling a template: numbers choose between one and many, and nothing breaks a message."""

from __future__ import annotations

import pytest

from tlstudio.domain.messages import render

LOOKS = "{count} {count:image looks|images look} nearly like {it}"


def filled(template: str, **params: object) -> str:
    return render("any.code", params, template)


@pytest.mark.parametrize("one", [1, "1"])
def test_one_takes_the_words_before_the_bar(one: object) -> None:
    assert filled(LOOKS, count=one, it="it") == "1 image looks nearly like it"


@pytest.mark.parametrize("many", [0, 2, 11, 1.5, "0", "1,234", "21", "some", None])
def test_all_else_takes_those_behind_it(many: object) -> None:
    assert filled(LOOKS, count=many, it="it") == f"{many} images look nearly like it"


def test_a_missing_parameter_shows_its_name() -> None:
    assert filled(LOOKS, count=1) == "1 image looks nearly like <it>"
    assert filled(LOOKS, it="it") == "<count> images look nearly like it"
    assert filled("{size:,} bytes") == "<size> bytes"


def test_words_of_either_number_may_hold_fields() -> None:
    words = "on {images:the one image of {place}|all {images} images of {place}}"
    assert filled(words, images=1, place="A") == "on the one image of A"
    assert filled(words, images=3, place="A") == "on all 3 images of A"


def test_words_may_stand_for_one_number_alone() -> None:
    assert filled("{count:|the first of }{file}", count=1, file="a.png") == "a.png"
    assert filled("{count:|the first of }{file}", count=2, file="a.png") == "the first of a.png"


def test_other_formats_and_plain_words_stay_as_they_are() -> None:
    assert filled("{size:,} of {share:.1f} %", size=12345, share=0.25) == "12,345 of 0.2 %"
    assert filled("one|many, {{}} and {name}", name="a|b {c}") == "one|many, {} and a|b {c}"


def test_a_message_of_the_catalogue_is_right_for_one_and_for_two() -> None:
    facts = {"split": "val"}
    assert render("evaluation.near", {**facts, "count": 1}).startswith("1 image of the split val ")
    assert " val looks nearly" in render("evaluation.near", {**facts, "count": 1})
    assert " val look nearly" in render("evaluation.near", {**facts, "count": 2})


def test_an_unknown_code_is_shown_with_its_facts() -> None:
    assert render("no.such", {"count": 1, "file": ""}) == "no.such (count=1)"
