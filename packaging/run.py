"""Set the program up in a private environment, then open it.

    python3 packaging/run.py                 set up what is missing and open the window
    python3 packaging/run.py ARGUMENTS       the same, then `tlstudio ARGUMENTS`
    python3 packaging/run.py --desktop       put an entry with an icon on the desktop
    python3 packaging/run.py --wheels DIR    set up without a network, from wheels in DIR

Without a display the sample is made, trained and checked on the command line instead.
"""

import sys

if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    from old_python import refusal

    sys.exit(refusal(sys.version_info[:2]))

import os
from datetime import datetime
from pathlib import Path

import desktop
import set_up
import system
from set_up import ROOT, Trouble, say


def main(arguments: list[str]) -> int:
    if arguments[:1] in (["--help"], ["-h"]):
        print(__doc__)
        return 0
    wheels, arguments = set_up.take_wheels(arguments)
    wants_entry = arguments[:1] == ["--desktop"]
    asks_window = not arguments or arguments[0] == "gui" or wants_entry
    display = system.display(os.environ, sys.platform)
    python = set_up.environment(extras=frozenset(), wheels=wheels)
    if wants_entry:
        system.need(system.Display.X11 if display is system.Display.NONE else display)
        for line in desktop.put_entry(python):
            print(line)
        return 0
    if asks_window and display is system.Display.NONE:
        return _demo(python)
    if asks_window:
        system.need(display)
    return set_up.hand_over([str(python), "-m", "tlstudio", *arguments])


def _demo(python: Path) -> int:
    """What a machine without a display can show: the whole loop on the sample project."""
    out = ROOT / "projects" / f"demo-{datetime.now():%Y%m%d-%H%M%S}"
    say("no display (neither DISPLAY nor WAYLAND_DISPLAY is set): running `tlstudio demo`")
    status = set_up.wait_for([str(python), "-m", "tlstudio", "demo", "--out", str(out)])
    if status == 0:
        say(f"the results lie in {out}")
        say("on a machine with a display the same command opens the window")
    return status


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Trouble as trouble:
        sys.exit(f"error: {trouble}")
    except KeyboardInterrupt:
        sys.exit("stopped; the same command goes on from here")
