"""Words on screen: every text goes through `tr`, every code through `say`."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QCoreApplication


def tr(text: str, /, **params: object) -> str:
    """`text` in the person's language, with {names} filled in."""
    translated = QCoreApplication.translate("TLStudio", text)
    return translated.format(**params) if params else translated


def count(n: int, one: str, many: str, **params: object) -> str:
    """`one` or `many` for `n`, which both may hold as {n}: 1 image, 12,345 images."""
    return tr(one if n == 1 else many, n=f"{n:,}", **params)


def say(code: str, params: Mapping[str, object]) -> str:
    """The message of a code, translated before it is filled. Its first word starts with a capital,
    but for names of files and runs, which are spelled as they are."""
    from tlstudio.domain.messages import MESSAGES, render

    template = MESSAGES.get(code)
    if template is None:
        return render(code, params)
    words = tr(template)
    return render(code, params, words[:1].upper() + words[1:])


def say_error(error: BaseException) -> str:
    """What to tell a person about `error`; a fault of ours is called that."""
    from tlstudio.domain.errors import UserError

    if isinstance(error, UserError):
        return say(error.code, {**error.params, "file": error.file or ""})
    return tr(
        "Something went wrong inside TL Studio: {kind}. Your data is safe; the log has the"
        " details.",
        kind=type(error).__name__,
    )


def bytes_text(size: int) -> str:
    """A file size with sensible digits: 812 B, 45 kB, 3.2 MB."""
    value = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            return f"{value:.0f} {unit}" if value >= 10 or unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return ""


def time_text(seconds: float) -> str:
    """A duration as people say it: 40 s, 2 min, 1 h 5 min."""
    whole = max(0, round(seconds))
    if whole < 60:
        return tr("{n} s", n=whole)
    if whole < 3600:
        return tr("{n} min", n=round(whole / 60))
    return tr("{h} h {m} min", h=whole // 3600, m=whole % 3600 // 60)


def site_words(site: str) -> str:
    """A site as people say it: tag:B is "tag B"."""
    kind, _, name = site.partition(":")
    kinds = {"tag": tr("tag {name}"), "folder": tr("folder {name}"),
             "group": tr("groups with {name}")}  # fmt: skip
    return kinds[kind].format(name=name) if kind in kinds else site


def breakable(text: str) -> str:
    """A name or path that may break after a separator (zero-width spaces show where)."""
    for sign in "/\\_-.":
        text = text.replace(sign, sign + "\u200b")
    return text
