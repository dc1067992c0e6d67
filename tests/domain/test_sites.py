"""Sites are read from words, and holding one out leaves nothing of it to learn from."""

from __future__ import annotations

import pytest

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import Split
from tlstudio.domain.sites import Site, SiteKind, below, hold_out, read_site
from tlstudio.domain.splits import SplitItem


def items(count: int, **fixed: Split) -> list[SplitItem]:
    """Images 1 to `count`, three to a group, two labels; i7=Split.TEST binds image 7."""
    return [
        SplitItem(n, (("group", n // 3),), (n % 2,), fixed.get(f"i{n}"))
        for n in range(1, count + 1)
    ]


def test_a_site_is_read_as_it_is_written() -> None:
    assert read_site("tag: Bonn ") == Site(SiteKind.TAG, "Bonn")
    assert str(read_site("group:^b-\\d")) == "group:^b-\\d"


@pytest.mark.parametrize("text", ["", "Bonn", "tag:", "city:Bonn", "tag: "])
def test_what_names_no_site_is_refused(text: str) -> None:
    with pytest.raises(UserError) as caught:
        read_site(text)
    assert caught.value.code == "site.text"


@pytest.mark.parametrize(
    ("folder", "name", "inside"),
    [("a/b/c", "b", True), ("a/b/c/", "a/b", True), ("a/bc", "b", False), ("", "b", False),
     ("a/b", "b/c", False), ("a", "/", False)],
)  # fmt: skip
def test_below_a_folder_of_that_name(folder: str, name: str, inside: bool) -> None:
    assert below(folder, name) is inside


def test_the_site_is_the_test_and_nothing_else_is() -> None:
    held = {30, 31, 32, 33, 34, 35}
    made = hold_out(items(60, i7=Split.TEST, i31=Split.TRAIN), held, val=0.2)
    assert {n for n, split in made.splits.items() if split is Split.TEST} == held
    rest = {n: split for n, split in made.splits.items() if n not in held}
    assert set(rest.values()) == {Split.TRAIN, Split.VAL}
    assert made.beside == ()
    assert sum(split is Split.VAL for split in rest.values()) in (10, 11)
    assert all(rest[n] is rest[n + 1] for n in (3, 6, 9))  # groups stay whole


def test_what_shares_a_group_with_the_site_is_in_no_split() -> None:
    made = hold_out(items(60, i32=Split.TRAIN), {30, 31}, val=0.2)
    assert made.beside == (32,)
    assert made.splits[32] is None
    assert [made.splits[n] for n in (30, 31)] == [Split.TEST, Split.TEST]


def test_others_keep_their_part() -> None:
    fixed = {f"i{n}": Split.VAL if n < 30 else Split.TRAIN for n in range(1, 60)}
    made = hold_out(items(60, **fixed), {1, 2}, val=0.2)
    assert all(made.splits[n] is fixed[f"i{n}"] for n in range(3, 60))


def test_the_same_seed_holds_out_the_same_way() -> None:
    first, again = (hold_out(items(90), {3, 4, 5}, val=0.3, seed=4).splits for _ in range(2))
    assert first == again
    assert first != hold_out(items(90), {3, 4, 5}, val=0.3, seed=5).splits


def test_images_made_here_are_of_no_site() -> None:
    """Made from a held image, one is in no split; made elsewhere to look like the site, it may be
    learned from, and its content stays where it is."""
    made = [
        SplitItem(71, (("pixels", "a"),), (1,), Split.TRAIN, synthetic=True),
        SplitItem(72, (("pixels", "b"),), (1,), synthetic=True),
        SplitItem(73, (("pixels", "a"),), (1,)),
        SplitItem(74, (("pixels", "b"),), (1,), Split.TRAIN),
    ]
    found = hold_out([*items(30), *made], {73, 72, 1, 2}, val=0.2)
    assert found.splits[73] is Split.TEST and found.splits[71] is None
    assert found.splits[74] is Split.TRAIN and found.splits[72] is Split.TRAIN
    assert found.beside == ()
