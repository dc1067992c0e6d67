"""Tokens, contrast, style sheet, icons."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from tlstudio.ui import icons
from tlstudio.ui.places import resources
from tlstudio.ui.theme import THEMES, contrast, load_tokens, style_sheet, theme

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


LEAST = {"dark": 4.5, "light": 4.5, "contrast": 7.0}


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_stands_out_from_its_ground(name: str, text: str, ground: str) -> None:
    colours = load_tokens(name).colours
    assert contrast(colours[text], colours[ground]) >= LEAST[name]


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("ground", GROUNDS)
def test_the_ring_around_the_focus_stands_out(name: str, ground: str) -> None:
    tokens = load_tokens(name)
    assert contrast(tokens.colours["focus"], tokens.colours[ground]) >= 3
    assert tokens.sizes["ring"] >= (3 if name == "contrast" else 2)


def test_high_contrast_holds_for_what_is_off_and_for_lines_too() -> None:
    colours = load_tokens("contrast").colours
    for ground in GROUNDS:
        assert contrast(colours["disabled"], colours[ground]) >= 4.5
        assert contrast(colours["line"], colours[ground]) >= 3


def test_high_contrast_marks_what_is_on_with_more_than_colour() -> None:
    sheet = style_sheet(load_tokens("contrast"))
    for rule in ('[role="segment"]:checked', '[role="chip"]:checked', "#rail QToolButton:checked"):
        last = [body for head, body in re.findall(r"([^{}]+){([^}]*)}", sheet) if rule in head][-1]
        assert "2px solid" in last and "underline" in last


def test_as_the_system_takes_high_contrast_where_the_system_asks_for_it(qapp, monkeypatch) -> None:
    theme().apply("system")
    assert theme().tokens.name in ("dark", "light")
    monkeypatch.setattr("tlstudio.ui.theme._wants_contrast", lambda _app: True)
    theme().apply("system")
    assert theme().tokens.name == "contrast"
    theme().apply("light")
    assert theme().tokens.name == "light"
    theme().apply("dark")


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("name", THEMES)
def test_every_token_of_the_style_sheet_is_filled_in(name: str) -> None:
    sheet = style_sheet(load_tokens(name))
    assert "@" not in sheet
    for path in re.findall(r"url\(tl:([^)]+)\)", sheet):
        assert (resources() / path).is_file(), path


def test_all_themes_have_the_same_tokens() -> None:
    for name in THEMES:
        assert load_tokens(name).colours.keys() == load_tokens("light").colours.keys()
        assert load_tokens(name).sizes.keys() == load_tokens("light").sizes.keys()


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
