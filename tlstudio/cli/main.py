"""Entry of the command line: parse, do one verb, turn errors into words and exit statuses.

Exit status 0 is fine, 2 is something the person can mend, 1 is a fault of ours.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module

import tlstudio
from tlstudio.cli.output import Output
from tlstudio.cli.verbs import Parser, Verbs, common_options
from tlstudio.domain.errors import Cancelled, UserError
from tlstudio.domain.messages import render

FINE, FAULT, MENDABLE = 0, 1, 2

# In the order of the help.
GROUPS = (
    "projects",
    "data",
    "models",
    "training",
    "results",
    "styling",
    "looks",
    "comparing",
    "site_check",
    "identity",
    "system",
)

_ABOUT = (
    "Label images, fine-tune a pretrained model on them, check it, take it away."
    " Without a verb, the window opens."
)


def main(arguments: list[str]) -> int:
    """Do what `arguments` (without the program's name) say; the exit status."""
    _speak_utf8()
    out = Output(as_json="--json" in arguments, events="--events" in arguments)
    try:
        return _do(arguments, out)
    except UserError as error:
        out.error(error.code, str(error), error.file)
        return FAULT if error.code == "training.crashed" else MENDABLE
    except (Cancelled, KeyboardInterrupt):
        out.error("command.cancelled", render("command.cancelled", {}), None)
        return MENDABLE
    except BrokenPipeError:
        # The reader of stdout has gone, as `| head` does; nothing is left to say to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINE
    except Exception as error:
        return _fault(error, out)
    finally:
        out.close()


def _do(arguments: list[str], out: Output) -> int:
    parser = make_parser()
    try:
        args = parser.parse_args(arguments)
    except SystemExit as leave:  # --help and --version
        return int(leave.code or 0)
    out.as_json, out.events = args.json, args.events
    status: int | None = args.run(args, out)
    return status or FINE


def make_parser() -> Parser:
    """The parser of all verbs."""
    parser = Parser(prog="tlstudio", description=_ABOUT, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"tlstudio {tlstudio.__version__}")
    common_options(parser)
    verbs = Verbs(parser, "verbs")
    for group in GROUPS:
        import_module(f"tlstudio.cli.{group}").add(verbs)
    return parser


def _fault(error: Exception, out: Output) -> int:
    """A fault of ours: its traceback goes to the log, one line to the person."""
    import logging
    import traceback

    from tlstudio.services.logs import log_file, start_logging

    reason = f"{type(error).__name__}: {error}"
    try:
        start_logging()
        place = str(log_file())
    except UserError as no_log:
        traceback.print_exception(error)
        params = {"reason": reason, "detail": str(no_log)}
        out.error("command.fault_unlogged", render("command.fault_unlogged", params), no_log.file)
        return FAULT
    logging.getLogger("tlstudio.cli").error("fault in %s", sys.argv[1:2], exc_info=error)
    out.error("command.fault", render("command.fault", {"reason": reason, "file": place}), place)
    return FAULT


def _speak_utf8() -> None:
    """Any name of a file or label can be written, whatever the console's own encoding."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")
