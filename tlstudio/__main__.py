"""Dispatch only: the window by default, the command line for verbs, the worker for jobs."""

from __future__ import annotations

import sys
from multiprocessing import freeze_support


def main() -> int:
    freeze_support()
    arguments = sys.argv[1:]
    if arguments == ["worker", "examine"]:
        from tlstudio.imaging.examiner import main as examiner

        return examiner()
    if arguments[:1] == ["worker"]:
        from tlstudio.worker.main import main as worker

        return worker(arguments[1:])
    if not arguments or arguments[0] == "gui":
        return _window(arguments[1:])
    from tlstudio.cli.main import main as command_line

    return command_line(arguments)


def _window(arguments: list[str]) -> int:
    from tlstudio.domain.errors import UserError
    from tlstudio.ui.app import main as window

    try:
        status: int = window(arguments)
    except UserError as error:  # before there is a window to say it in
        print(f"error: {error}", file=sys.stderr)
        return 2
    return status


if __name__ == "__main__":
    sys.exit(main())
