"""The three themes: tokens from resources/theme.toml become a palette and a style sheet."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache

from PySide6.QtCore import QDir, QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPalette, QPen
from PySide6.QtWidgets import QApplication

from tlstudio.ui.places import resources

MODES = ("dark", "light", "contrast", "system")
THEMES = ("dark", "light", "contrast")


_PADDINGS = (4, 8, 10, 12, 24, 26)


@dataclass(frozen=True, slots=True)
class Tokens:
    """One theme: colours as #RRGGBB, sizes in pixels."""

    name: str
    colours: dict[str, str]
    sizes: dict[str, int]

    def colour(self, role: str) -> QColor:
        return QColor(self.colours[role])


@cache
def load_tokens(name: str) -> Tokens:
    """The tokens of "dark", "light" or "contrast"."""
    with (resources() / "theme.toml").open("rb") as file:
        table = tomllib.load(file)
    return Tokens(name, table[name], {**table["size"], **table.get(f"{name}_size", {})})


def style_sheet(tokens: Tokens) -> str:
    """The style sheet with every @token@ filled in; an unknown token raises KeyError.

    @pad12@ is the padding that, with a focus ring in place of a line of 1 px, adds up to 12, and
    @inside@ the height of a control within the ring: what gets the focus does not grow.
    """
    ring = tokens.sizes["ring"]
    made = {f"pad{n}": n + 1 - ring for n in _PADDINGS}
    made["inside"], made["around"] = tokens.sizes["control"] - 2 * ring, ring - 1
    values: dict[str, object] = {"theme": tokens.name, **tokens.colours, **tokens.sizes, **made}
    names = ("style.qss", "contrast.qss") if tokens.name == "contrast" else ("style.qss",)
    # What a theme adds stands before the focus rings, which are the last word.
    parts = [(resources() / name).read_text("utf-8") for name in names]
    template, mark, rings = parts[0].partition("/* Rings")
    template += "".join(parts[1:]) + mark + rings
    return re.sub(r"@(\w+?)(-\d+)?@", lambda m: _fill(m, values), template)


def _fill(match: re.Match[str], values: dict[str, object]) -> str:
    value = values[match[1]]
    return str(int(str(value)) + int(match[2])) if match[2] else str(value)


def palette(tokens: Tokens) -> QPalette:
    """The palette for what the style sheet leaves to Fusion."""
    made = QPalette()
    roles = {
        QPalette.ColorRole.Window: "window",
        QPalette.ColorRole.WindowText: "text",
        QPalette.ColorRole.Base: "field",
        QPalette.ColorRole.AlternateBase: "panel",
        QPalette.ColorRole.Text: "text",
        QPalette.ColorRole.Button: "raised",
        QPalette.ColorRole.ButtonText: "text",
        QPalette.ColorRole.BrightText: "danger",
        QPalette.ColorRole.ToolTipBase: "panel",
        QPalette.ColorRole.ToolTipText: "text",
        QPalette.ColorRole.PlaceholderText: "dim",
        QPalette.ColorRole.Highlight: "accent",
        QPalette.ColorRole.HighlightedText: "on_accent",
        QPalette.ColorRole.Link: "accent_text",
        QPalette.ColorRole.LinkVisited: "accent_text",
        QPalette.ColorRole.Mid: "line",
        QPalette.ColorRole.Dark: "line",
        QPalette.ColorRole.Shadow: "canvas",
    }
    for role, token in roles.items():
        made.setColor(role, tokens.colour(token))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text):
        made.setColor(QPalette.ColorGroup.Disabled, role, tokens.colour("disabled"))
    made.setColor(
        QPalette.ColorGroup.Disabled, QPalette.ColorRole.ButtonText, tokens.colour("disabled")
    )
    return made


class Theme(QObject):
    """The theme in force. `changed` is sent after it was applied to the whole program."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.mode = "dark"
        self.tokens = load_tokens("dark")
        self._colours: dict[str, QColor] = {}

    def apply(self, mode: str) -> None:
        """Show the program in `mode`: dark, light, contrast, or as the system has it."""
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        first = app.property("tlThemed") is None
        if first:
            self._prepare(app)
        self.mode = mode if mode in MODES else "dark"
        self.tokens = load_tokens(self._resolve(app))
        self._colours = {}
        app.setPalette(palette(self.tokens))
        app.setStyleSheet(style_sheet(self.tokens))
        from tlstudio.ui.icons import recolour_all

        recolour_all()
        self.changed.emit()

    def colour(self, role: str) -> QColor:
        """The colour of a token; kept, as painting asks for thousands a second."""
        found = self._colours.get(role)
        if found is None:
            found = self._colours[role] = self.tokens.colour(role)
        return found

    def ring(self) -> QPen:
        """The pen that goes around what has the focus."""
        return QPen(self.colour("focus"), self.tokens.sizes["ring"])

    def _prepare(self, app: QApplication) -> None:
        app.setProperty("tlThemed", True)
        app.setStyle("Fusion")
        QDir.setSearchPaths("tl", [str(resources())])
        font = QFont(app.font())
        font.setPixelSize(self.tokens.sizes["work"])
        app.setFont(font)
        app.styleHints().colorSchemeChanged.connect(self._system_changed)
        if hasattr(app.styleHints(), "accessibility"):  # Qt 6.10 and later
            hints = app.styleHints().accessibility()
            hints.contrastPreferenceChanged.connect(self._system_changed)

    def _resolve(self, app: QApplication) -> str:
        if self.mode != "system":
            return self.mode
        if _wants_contrast(app):
            return "contrast"
        return "light" if app.styleHints().colorScheme() == Qt.ColorScheme.Light else "dark"

    def _system_changed(self) -> None:
        if self.mode == "system":
            self.apply("system")


def _wants_contrast(app: QApplication) -> bool:
    """Whether the system asks for high contrast; Qt tells it from 6.10 on."""
    hints = app.styleHints()
    if not hasattr(hints, "accessibility"):
        return False
    return bool(hints.accessibility().contrastPreference() == Qt.ContrastPreference.HighContrast)


_THEME: Theme | None = None


def theme() -> Theme:
    """The program's one theme."""
    global _THEME
    if _THEME is None:
        _THEME = Theme()
    return _THEME


def contrast(first: str, second: str) -> float:
    """Contrast of two colours from 1 to 21, as WCAG 2.1 defines it."""
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
