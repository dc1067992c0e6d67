"""Names of copies that every system can store."""

from __future__ import annotations

import pytest

from tlstudio.services._naming import Names, safe_part


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("cell 1.png", "cell 1.png"),
        ("Zell\u0061\u0308.png", "Zellä.png"),
        ("a:b?.png", "a_b_.png"),
        ("con.png", "_con.png"),
        ("LPT1", "_LPT1"),
        ("console.png", "console.png"),
        ("name. ", "name"),
        ("..", "_"),
        ("\x07bell", "_bell"),
    ],
)
def test_parts(name: str, safe: str) -> None:
    assert safe_part(name) == safe


def test_long_names_keep_their_ending() -> None:
    short = safe_part("ü" * 300 + ".tiff")
    assert short.endswith("ü.tiff") and len(short.encode()) <= 100


def test_no_two_files_get_one_name_whatever_the_capitals() -> None:
    names = Names({"images/a/X.png"})
    assert names.give("a/x.png", "00") == "images/a/x-2.png"
    assert names.give("a/x.PNG", "00") == "images/a/x-3.PNG"
    assert names.give("b/x", "00") == "images/b/x"
    assert names.give("B/x", "00") == "images/B/x-2"


def test_deep_folders_become_short() -> None:
    path = Names(set()).give("/".join(["folder" * 5] * 20) + "/leaf.png", "ab" * 32)
    assert path == "images/ab/abababab-leaf.png"
