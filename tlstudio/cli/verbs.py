"""How verbs are declared: a name, a sentence, options, and the function that does it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from tlstudio.cli.output import Output
from tlstudio.domain.errors import UserError

if TYPE_CHECKING:
    from tlstudio.services.projects import Project

Run = Callable[[argparse.Namespace, Output], int | None]


class Parser(argparse.ArgumentParser):
    """Raises UserError("command.usage") instead of printing a usage text and leaving."""

    def error(self, message: str) -> NoReturn:
        verb = self.prog.partition(" ")[2]
        raise UserError("command.usage", reason=message, verb=f"{verb} " if verb else "")


class Verbs:
    """Collects verbs under one parser."""

    def __init__(self, parser: argparse.ArgumentParser, title: str) -> None:
        self._group = parser.add_subparsers(
            title=title, dest=f"verb_{title}", metavar="VERB", required=True, parser_class=Parser
        )

    def add(self, name: str, sentence: str, run: Run | None) -> argparse.ArgumentParser:
        """A verb; its options are added to what is returned."""
        parser = self._group.add_parser(
            name, help=sentence, description=sentence, allow_abbrev=False
        )
        common_options(parser, again=True)
        if run is not None:
            parser.set_defaults(run=run)
        return parser


def common_options(parser: argparse.ArgumentParser, *, again: bool = False) -> None:
    """--json and --events; `again` lets them stand after the verb too."""
    default = argparse.SUPPRESS if again else False
    parser.add_argument(
        "--json",
        action="store_true",
        default=default,
        help="write exactly one JSON object to stdout",
    )
    parser.add_argument(
        "--events",
        action="store_true",
        default=default,
        help="write the worker's events to stderr, one JSON object a line",
    )


def project_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", metavar="PROJECT", type=Path, help="project folder (.tlproj)")


def run_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_id", metavar="RUN", help="id of a run, latest, or best")


@contextmanager
def writing(folder: Path) -> Iterator[Project]:
    """The project, open for writing. UserError says who holds it where that is not possible."""
    from tlstudio.services.projects import open_project

    with open_project(folder) as project:
        if project.read_only:
            raise UserError(project.read_only_reason, file=str(project.folder), **_texts(project))
        yield project


def _texts(project: Project) -> dict[str, str]:
    return {name: str(value) for name, value in project.read_only_params.items()}


@contextmanager
def reading(folder: Path) -> Iterator[Project]:
    """The project for reading; works beside an open window."""
    from tlstudio.services.projects import open_project

    with open_project(folder, read_only=True) as project:
        yield project


def listed(text: str | None) -> list[str]:
    """ "a, b,c" as its parts."""
    return [part.strip() for part in (text or "").split(",") if part.strip()]


def joined(values: Sequence[object]) -> str:
    return ", ".join(str(value) for value in values)
