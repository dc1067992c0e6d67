"""Labels that a mirrored image would swap are known by their names."""

from __future__ import annotations

import pytest

from tlstudio.domain.advice import on_mirroring
from tlstudio.domain.messages import render
from tlstudio.domain.sides import swapped_pair


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("left", "right"),
        ("left eye", "right eye"),
        ("Left_Kidney", "right-kidney"),
        ("leftEye", "RightEye"),
        ("lefteye", "righteye"),
        ("rib_left_1", "rib_right_1"),
        ("kidney_L", "kidney_R"),
        ("kidneyL", "kidneyR"),
        ("L hand", "R hand"),
        ("l", "r"),
        ("OD", "OS"),
        ("fundus OD", "fundus OS"),
        ("Höhle links", "Ho\u0308hle rechts"),
        ("linke Hüfte", "Rechte HÜFTE"),
        ("linkesOhrÄußeres", "rechtes Ohr äußeres"),
        ("main gauche", "main droite"),
        ("œil gauche", "œil droit"),
        ("riñón izquierdo", "riñón derecho"),
        ("mano izquierda", "mano derecha"),
        ("left of the right eye", "right of the left eye"),
    ],
)
def test_names_that_differ_by_left_and_right_alone_are_a_pair(one: str, other: str) -> None:
    assert swapped_pair([one, "spleen", other]) == (one, other)
    assert swapped_pair(iter([other, one])) == (other, one)


@pytest.mark.parametrize(
    "names",
    [
        [],
        [""],
        ["left eye"],
        ["left eye", "left knee"],
        ["left eye", "right knee"],
        ["left eye", "Left-Eye"],
        ["cell", "core"],
        ["bell", "berr"],
        ["lung l 1", "lung r 1"],
        ["rod", "ros"],
        ["bright", "copyright", "cleft"],
        ["Lunge", "Runge"],
        ["Niere links", "Niere gauche", "Niere R"],
    ],
)
def test_other_names_are_none(names: list[str]) -> None:
    assert swapped_pair(names) is None


def test_a_pair_speaks_against_mirroring_and_is_named() -> None:
    found = on_mirroring(["knee", "right eye", "left eye"])["mirror"]
    assert found.value == "no" and found.code == "defaults.mirror.sides"
    assert "right eye and left eye" in render(found.code, found.params)
    assert on_mirroring(["eye", "knee"])["mirror"].value == "yes"
