"""Tokens, contrast, style sheet, icons."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from tlstudio.ui import icons
from tlstudio.ui.places import resources
from tlstudio.ui.theme import contrast, load_tokens, style_sheet, theme

GROUNDS = ("window", "panel", "canvas", "field", "raised", "hover", "pressed", "selected")
PAIRS = [
    *((text, ground) for text in ("text", "dim") for ground in GROUNDS),
    *(("accent_text", ground) for ground in ("window", "panel", "selected", "pressed", "raised")),
    *((sign, ground) for sign in ("success", "warning", "danger") for ground in GROUNDS[:3]),
    ("danger", "raised"),
    ("on_accent", "accent"),
    ("text", "danger_ground"),
    ("text", "warning_ground"),
    ("text", "success_ground"),
    ("accent_text", "danger_ground"),
    ("accent_text", "warning_ground"),
]


@pytest.mark.parametrize("name", ["dark", "light"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_stands_out_from_its_ground(name: str, text: str, ground: str) -> None:
    colours = load_tokens(name).colours
    assert contrast(colours[text], colours[ground]) >= 4.5


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("name", ["dark", "light"])
def test_every_token_of_the_style_sheet_is_filled_in(name: str) -> None:
    sheet = style_sheet(load_tokens(name))
    assert "@" not in sheet
    for path in re.findall(r"url\(tl:([^)]+)\)", sheet):
        assert (resources() / path).is_file(), path


def test_both_themes_have_the_same_tokens() -> None:
    assert load_tokens("dark").colours.keys() == load_tokens("light").colours.keys()


def test_the_theme_changes_live_and_icons_follow(qapp: QApplication) -> None:
    theme().apply("dark")
    dark = icons.pixmap("home").toImage()
    theme().apply("light")
    light = icons.pixmap("home").toImage()
    assert qapp.palette().window().color().name().upper() == load_tokens("light").colours["window"]
    assert dark != light
    theme().apply("dark")
    assert icons.pixmap("home").toImage() == dark


def test_every_icon_can_be_drawn(qapp: QApplication) -> None:
    theme().apply("dark")
    names = [path.stem for path in (resources() / "icons").glob("*.svg") if path.stem != "app"]
    assert len(names) > 40
    for name in names:
        image = icons.pixmap(name).toImage()
        inked = [
            image.pixelColor(x, y).alpha()
            for x in range(image.width())
            for y in range(image.height())
        ]
        assert max(inked) > 100, f"{name} is empty"


def test_every_icon_that_is_asked_for_exists() -> None:
    asked = set()
    for path in (Path(icons.__file__).parent).rglob("*.py"):
        text = path.read_text("utf-8")
        asked |= set(re.findall(r'icon="([a-z-]+)"', text))
        asked |= set(re.findall(r'set_icon\(\w+(?:\.\w+)?, "([a-z-]+)"', text))
        asked |= set(re.findall(r'\btool\(\s*"([a-z-]+)"', text))
    missing = [name for name in asked if not (resources() / "icons" / f"{name}.svg").is_file()]
    assert asked
    assert not missing
