"""The verb match: images of one site with the look of another's."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlstudio.cli.output import Output
from tlstudio.cli.verbs import Verbs, reading, writing
from tlstudio.domain.errors import UserError
from tlstudio.domain.images import Split
from tlstudio.domain.messages import render
from tlstudio.domain.sites import SiteKind
from tlstudio.domain.texts import counted

if TYPE_CHECKING:
    from tlstudio.services.looks import AnyLook, Left, Look, LookImage
    from tlstudio.services.matching import Matched
    from tlstudio.services.projects import Project

AUTO = "auto"
_SITES = tuple(f"{kind.value}:" for kind in SiteKind)
_SHOWN = 10


def add(verbs: Verbs) -> None:
    match = verbs.add("match", "Give images the look of another site's.", _match)
    match.add_argument(
        "source",
        metavar="SOURCE",
        nargs="+",
        help="files, folders, or with --project tag:NAME, group:PATTERN, folder:NAME or all",
    )
    match.add_argument(
        "--to",
        metavar="REFERENCE",
        nargs="+",
        required=True,
        help="whose look they get: files, folders, a look that --save-look wrote, or with"
        " --project tag:NAME, group:PATTERN or folder:NAME",
    )
    match.add_argument("--out", metavar="DIR", type=Path, help="a new or empty folder for them")
    match.add_argument(
        "--add", action="store_true", help="add them to the project, marked as made here"
    )
    match.add_argument("--project", metavar="PROJECT", type=Path, help="where sites are looked for")
    match.add_argument(
        "--method",
        default=AUTO,
        choices=(AUTO, "lab", "histogram", "macenko", "neural"),
        help="lab: colour, for photographs and scans; histogram: brightness of images without"
        " colour; macenko: slides stained with H&E; neural: style transfer at low strength, seconds"
        " an image (default: what suits the images, never neural)",
    )
    match.add_argument(
        "--weights",
        default="default",
        metavar="default|FILE",
        help="with neural: weights of its feature network (default: those in the store)",
    )
    match.add_argument(
        "--strength", type=float, default=1.0, metavar="S", help="0 to 1, 1 is all (default: 1)"
    )
    match.add_argument(
        "--together",
        action="store_true",
        help="change all images alike, so that they keep how they differ from each other"
        " (default: each is measured by itself)",
    )
    match.add_argument("--save-look", metavar="FILE", type=Path, help="keep the look as JSON")
    match.add_argument(
        "--with-labels", action="store_true", help="with --add: copy the annotations too"
    )
    match.add_argument("--split", choices=(Split.TRAIN.value,), help="with --add: learn from them")


def _match(args: argparse.Namespace, out: Output) -> None:
    if args.add == (args.out is not None):
        raise UserError("look.where")
    sites = [text for text in (*args.source, *args.to) if _is_site(text)]
    if args.project is None:
        if args.add or sites:
            raise UserError("look.needs_project", text=sites[0] if sites else "--add")
        _do(args, None, out)
    else:
        with (writing if args.add else reading)(args.project) as project:
            _do(args, project, out)


def _do(args: argparse.Namespace, project: Project | None, out: Output) -> None:
    from tlstudio.services.looks import learn, suits

    images = _images(args.source, project)
    saved = _saved(args.to)
    references: list[LookImage] = []
    look: AnyLook
    left_out: tuple[Left, ...] = ()
    if saved is None:
        references = _images(args.to, project, made_here=False)
        method = args.method
        if method == AUTO:
            fits = suits(images, references)
            method = fits.method
            if not out.as_json:
                out.say(render(fits.code, {}))
        learned = learn(references, method, out.progress, weights=args.weights)
        look, left_out = learned.look, learned.left_out
    else:
        look = saved
        if args.method not in (AUTO, look.method):
            raise UserError("look.other_method", method=args.method, theirs=look.method)
    source = _checked(args, look, images, out)
    done = _give(args, project, images, look, source, out)
    _tell(args, look, len(references) or look.images, left_out, done, out)


def _checked(
    args: argparse.Namespace, look: AnyLook, images: Sequence[LookImage], out: Output
) -> Look | None:
    """Keep the look where that is asked for; the look of all images together, or None."""
    from tlstudio.services.looks import Look, learn

    if not isinstance(look, Look):
        if args.together or args.save_look is not None:
            raise UserError("look.neural_only", option=_option(args))
        return None
    if args.save_look is not None:
        _save(look, args.save_look)
    if not args.together:
        return None
    together = learn(images, look.method, out.progress).look
    assert isinstance(together, Look)
    return together


def _option(args: argparse.Namespace) -> str:
    return "--together" if args.together else "--save-look"


def _give(
    args: argparse.Namespace,
    project: Project | None,
    images: Sequence[LookImage],
    look: AnyLook,
    source: Look | None,
    out: Output,
) -> Matched:
    from tlstudio.services.matching import match_into_project, match_to_folder

    chosen: dict[str, Any] = {
        "strength": args.strength,
        "source": source,
        "progress": out.progress,
    }
    if not args.add:
        return match_to_folder(images, look, args.out, **chosen)
    assert project is not None
    split = Split(args.split) if args.split else None
    return match_into_project(
        project, images, look, with_labels=args.with_labels, split=split, **chosen
    )


def _is_site(text: str) -> bool:
    return text == "all" or text.startswith(_SITES)


def _images(
    texts: Sequence[str], project: Project | None, *, made_here: bool = True
) -> list[LookImage]:
    """Images of the files, folders and sites that are named, in that order."""
    from tlstudio.services.looks import images_of_files, images_of_project
    from tlstudio.services.sites import site_images

    found: list[LookImage] = []
    for text in texts:
        if project is None or not _is_site(text):
            found += images_of_files([Path(text)])
        else:
            ids = None if text == "all" else sorted(site_images(project, text))
            found += images_of_project(project, ids, made_here=made_here)
    return list(dict.fromkeys(found))


def _saved(texts: Sequence[str]) -> Look | None:
    """The look in a file of --save-look, if that is what --to names."""
    from tlstudio.services.looks import Look

    if len(texts) != 1 or not texts[0].lower().endswith(".json"):
        return None
    try:
        return Look.from_json(json.loads(Path(texts[0]).read_text("utf-8")))
    except (OSError, ValueError):
        raise UserError("look.unknown", file=texts[0]) from None


def _save(look: Look, file: Path) -> None:
    try:
        file.write_text(json.dumps(look.to_json()), "utf-8")
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError("look.unwritable", file=str(file), reason=reason) from None


def _tell(
    args: argparse.Namespace,
    look: AnyLook,
    references: int,
    left_out: Iterable[Left],
    done: Matched,
    out: Output,
) -> None:
    warnings = _warnings(left_out, done)
    out.answer(
        {
            "method": look.method,
            "strength": args.strength,
            "references": references,
            "images": len(done.files) + len(done.added),
            "files": done.files,
            "added": done.added,
            "unchanged": [_words(each) for each in done.unchanged],
            "skipped": [_words(each) for each in done.skipped],
            "warnings": warnings,
        }
    )
    out.warn(warnings)
    for lefts, code in ((done.unchanged, "look.unchanged"), (done.skipped, "look.skipped")):
        for each in lefts[:_SHOWN]:
            out.text(render(code, _words(each)))
        if len(lefts) > _SHOWN:
            out.text(render("look.more", {"count": len(lefts) - _SHOWN}))
    if args.add:
        added = counted(len(done.added), "image was", "images were")
        out.text(f"{added} added to the project, marked as made here")
    else:
        written = counted(len(done.files), "image was", "images were")
        out.text(f"{written} written to {args.out}")


def _warnings(left_out: Iterable[Left], done: Matched) -> list[dict[str, Any]]:
    told: list[tuple[str, dict[str, Any]]]
    told = [("look.left_out", dict(_words(each))) for each in left_out]
    if done.rounded:
        told.append(("look.rounded", {"count": done.rounded}))
    if done.held_back:
        told.append(("look.held_back", {"count": done.held_back}))
    return [{"code": c, "params": p, "message": render(c, p)} for c, p in told]


def _words(left: Left) -> dict[str, str]:
    message = render(left.code, {**left.params, "file": left.file})
    return {"file": left.file, "code": left.code, "message": message}
