"""The view of the image and of the shapes: sliders and switches that never change the data."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QSizePolicy, QWidget

from tlstudio.ui.canvas.filters import OPACITY
from tlstudio.ui.pages.label.display import GAMMA, Display
from tlstudio.ui.pages.label.sliders import NamedSlider
from tlstudio.ui.pages.label.spacing import SpacingEditor
from tlstudio.ui.widgets.basics import box, button, column, label, line, named, row
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.services.pictures import FileWindow, Picture
    from tlstudio.ui.context import Context

SWITCHES = ("outline_only", "names", "suggestions", "crosshair", "rulers", "overview", "scale_bar")


class LookSection(QWidget):
    """`display_changed(Display)`, `opacity_changed(0 to 1)`, `switched(name, on)`."""

    display_changed = Signal(object)
    opacity_changed = Signal(float)
    switched = Signal(str, bool)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("lookSectionBody")
        self.display = Display()
        self._picture: Picture | None = None
        low, high = math.log(GAMMA[0]), math.log(GAMMA[1])
        self._sliders = {
            "brightness": _even("brightness", tr("Brightness")),
            "contrast": _even("contrast", tr("Contrast")),
            "gamma": NamedSlider(
                "gamma", tr("Gamma"), 1.0,
                lambda v: (math.log(v) - low) / (high - low),
                lambda p: math.exp(low + p * (high - low)),
                lambda v: f"{v:.2f}",
            ),
            "level": NamedSlider("level", tr("Level"), 0.5, _same, _same, self._level_text),
            "width": NamedSlider(
                "windowWidth", tr("Window"), 1.0, lambda v: math.sqrt(v / 2),
                lambda p: max(0.005, 2 * p * p), self._width_text,
            ),
        }  # fmt: skip
        for name, slider in self._sliders.items():
            slider.moved.connect(lambda value, n=name: self._slid(n, value))
        self.invert = self._check("invert", tr("Invert"))
        self.invert.toggled.connect(lambda on: self._change(invert=on))
        self._channel = named(QComboBox(), "channel", tr("Channel"))
        self._channel.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._channel.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        for value, text in (
            (None, tr("Colour")), (0, tr("Red")), (1, tr("Green")), (2, tr("Blue")),
        ):  # fmt: skip
            self._channel.addItem(text, value)
        self._channel.currentIndexChanged.connect(
            lambda _index: self._change(channel=self._channel.currentData())
        )
        self._preset = named(QComboBox(), "windowPreset", tr("Window of the file"))
        self._preset.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._preset.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._preset.hide()
        self._preset.activated.connect(
            lambda index: self._change(preset=index, level=0.5, width=1.0)
        )
        self._reset = button(tr("Reset"), "resetView", self.reset, role="link",
                             tip=tr("Show the image as it is"))  # fmt: skip
        self.opacity = NamedSlider("opacity", tr("Opacity"), OPACITY, _same, _same,
                                   lambda v: f"{v * 100:.0f} %")  # fmt: skip
        self.opacity.moved.connect(self.opacity_changed)
        self._checks = {
            name: self._switch(name, text)
            for name, text in zip(
                SWITCHES,
                (tr("Outlines only"), tr("Names"), tr("Suggestions"), tr("Crosshair"),
                 tr("Rulers"), tr("Overview"), tr("Scale bar")),
                strict=True,
            )
        }  # fmt: skip
        self.spacing = SpacingEditor(context)
        image = row(self.invert, self._channel, self._reset)
        image.setStretch(1, 1)
        checks = self._checks
        body = column(
            self._preset, *self._sliders.values(), image, line(),
            self.opacity,
            row(box(column(*(checks[n] for n in SWITCHES[:4]), gap=0)),
                box(column(*(checks[n] for n in SWITCHES[4:]), None, gap=0))),
            self.spacing,
            gap=4,
        )  # fmt: skip
        self._tip = label(
            tr("Drag with the right button on the image for window and level."), "dim", wrap=True
        )
        body.insertWidget(len(self._sliders) + 1, self._tip)
        body.setContentsMargins(12, 4, 12, 8)
        self.setLayout(body)

    # -- showing --------------------------------------------------------------------------

    def show_picture(self, picture: Picture) -> None:
        """The values of level and window are in the units of this picture."""
        self._picture = picture
        self._channel.setEnabled(picture.levels[0].ndim == 3)
        self._offer(picture)
        self._show()

    def _offer(self, picture: Picture) -> None:
        """The windows of this picture to choose from, where there are several."""
        texts = [_window_text(window, picture.unit) for window in picture.windows]
        if texts != [self._preset.itemText(n) for n in range(self._preset.count())]:
            self._preset.clear()
            self._preset.addItems(texts)
        self._preset.setVisible(len(texts) > 1 and not picture.preview)

    def set_display(self, display: Display) -> None:
        """Show the image like this, and tell."""
        if display != self.display:
            self.display = display
            self._show()
            self.display_changed.emit(display)

    def reset(self) -> None:
        self.set_display(Display())

    def next_channel(self) -> None:
        """All, red, green, blue, all."""
        if self._channel.isEnabled():
            self._channel.setCurrentIndex((self._channel.currentIndex() + 1) % 4)

    def show_switch(self, name: str, on: bool) -> None:
        """Show a switch without telling."""
        made = self._checks[name]
        made.blockSignals(True)
        made.setChecked(on)
        made.blockSignals(False)

    def is_on(self, name: str) -> bool:
        return self._checks[name].isChecked()

    def toggle(self, name: str) -> None:
        self._checks[name].toggle()

    def _show(self) -> None:
        for name, slider in self._sliders.items():
            slider.set_value(getattr(self.display, name))
        for made, act in (
            (self.invert, lambda: self.invert.setChecked(self.display.invert)),
            (self._channel, lambda: self._channel.setCurrentIndex(
                self._channel.findData(self.display.channel))),
            (self._preset, lambda: self._preset.setCurrentIndex(
                self.display.preset if self.display.preset < self._preset.count() else 0)),
        ):  # fmt: skip
            made.blockSignals(True)
            act()
            made.blockSignals(False)
        self._reset.setEnabled(not self.display.usual)

    # -- changing -------------------------------------------------------------------------

    def _slid(self, name: str, value: float) -> None:
        self._change(**{name: value})

    def _change(self, **parts: object) -> None:
        self.set_display(replace(self.display, **parts))

    def _level_text(self, value: float) -> str:
        if self._picture is None:
            return ""
        low, high = self.display.base(self._picture)
        return _with_unit(low + value * (high - low), self._picture.unit)

    def _width_text(self, value: float) -> str:
        if self._picture is None:
            return ""
        low, high = self.display.base(self._picture)
        return _with_unit(value * (high - low), self._picture.unit)

    def _check(self, name: str, text: str) -> QCheckBox:
        made = named(QCheckBox(text), name, text)
        made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return made

    def _switch(self, name: str, text: str) -> QCheckBox:
        made = self._check(f"show_{name}", text)
        made.toggled.connect(lambda on: self.switched.emit(name, on))
        return made


def _with_unit(value: float, unit: str) -> str:
    return f"{value:.4g} {unit}".rstrip()


def _window_text(window: FileWindow, unit: str) -> str:
    """Its name, and where it lies as radiologists write it: centre and width."""
    centre = _with_unit((window.low + window.high) / 2, unit)
    place = tr("{centre}, {width} wide", centre=centre, width=f"{window.high - window.low:.4g}")
    names = {"automatic": tr("Automatic"), "volume": tr("Whole volume"), "": tr("Window")}
    return f"{names.get(window.name, window.name)}: {place}"


def _same(value: float) -> float:
    return value


def _even(name: str, says: str) -> NamedSlider:
    return NamedSlider(
        name, says, 0.0, lambda v: (v + 1) / 2, lambda p: p * 2 - 1, lambda v: f"{v * 100:+.0f}"
    )
