"""The private environment of a checkout: made once, checked at every start, mended when broken.

Standard library only: it runs before anything is installed. All words go to stderr, so that
stdout stays the program's own.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
CONSTRAINTS = ROOT / "packaging" / "constraints.txt"
BUILD = ("hatchling", "editables")
# torch brings its libraries for NVIDIA GPUs on Linux; the first pip needs room to unpack.
ROOM_GB = 9 if sys.platform.startswith("linux") else 4


class Trouble(Exception):
    """Something the person can mend, said in one line."""


@dataclass(frozen=True)
class Stamp:
    """What was installed where; the environment is ready when this still holds.

    `inputs` is a hash of the pinned versions and of what pyproject.toml asks for.
    """

    place: str
    python: str
    inputs: str
    extras: tuple[str, ...]

    def covers(self, extras: frozenset[str]) -> bool:
        return extras <= set(self.extras)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def take_wheels(arguments: list[str]) -> tuple[Path | None, list[str]]:
    """Split a leading `--wheels DIR` off `arguments`."""
    if arguments[:1] != ["--wheels"]:
        return None, arguments
    if len(arguments) < 2 or not Path(arguments[1]).is_dir():
        raise Trouble("--wheels takes a folder of wheel files, and this is not one")
    return Path(arguments[1]).resolve(), arguments[2:]


def environment(*, extras: frozenset[str], wheels: Path | None, place: Path = VENV) -> Path:
    """The Python of an environment in which the program and `extras` are installed.

    Makes, completes or mends the environment where that is needed, and says what it skips.
    """
    python = python_in(place)
    version = version_of(python)
    fault = damage(place, version)
    stamp = None if fault else read_stamp(place)
    inputs = fingerprint()
    if stamp and stamp.inputs == inputs and stamp.covers(extras) and stamp.python == version:
        if stamp.place == str(place):
            say(f"skipped: set-up, done already in {place}")
            return python
        say("the checkout was moved: the environment is pointed at its new place")
        _pip(python, ["--no-index", "--no-deps", "--no-build-isolation", "-e", str(ROOT)], None)
        _write_stamp(place, Stamp(str(place), stamp.python, inputs, stamp.extras))
        return python
    began = time.monotonic()
    if fault:
        _make(place, fault)
    wanted = extras | set(stamp.extras if stamp else ())
    _fill(python, place, wanted, wheels)
    made = version_of(python)
    _write_stamp(place, Stamp(str(place), made or "", inputs, tuple(sorted(wanted))))
    say(f"set up in {time.monotonic() - began:.0f} s")
    return python


def python_in(place: Path) -> Path:
    """The interpreter of the environment at `place`."""
    windows = sys.platform == "win32"
    return place / ("Scripts/python.exe" if windows else "bin/python")


def version_of(python: Path) -> str | None:
    """ "3.12" for an interpreter that starts, None for one that does not."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run(
            [str(python), "-I", "-S", "-c", code], capture_output=True, text=True, check=False
        )
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def damage(place: Path, version: str | None) -> str | None:
    """Why the environment has to be made (again), or None if it can be used.

    `version` is what its Python answers, None if it does not start.
    """
    if not place.exists():
        return "missing"
    if version is None:
        return "its Python does not start any more"
    if version not in ("3.11", "3.12", "3.13"):
        return f"its Python is {version}"
    made_for = _configured_version(place)
    if made_for and made_for != version:
        return f"it was made for Python {made_for}, which is {version} by now"
    return None


def fingerprint(root: Path = ROOT) -> str:
    """Hash of everything the installed packages follow from."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    asked = {name: project[name] for name in ("build-system", "project")}
    pins = (root / "packaging" / "constraints.txt").read_text("utf-8")
    return hashlib.sha256(json.dumps([asked, pins], sort_keys=True).encode()).hexdigest()


def read_stamp(place: Path) -> Stamp | None:
    """What an earlier set-up left; None if it never came to its end."""
    try:
        data = json.loads(_stamp_file(place).read_text("utf-8"))
        return Stamp(**{**data, "extras": tuple(data["extras"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def explain(said: str, wheels: Path | None) -> str:
    """One line with the way out, from what pip wrote on stderr."""
    if "No space left" in said:
        return f"the disk is full; the environment needs about {ROOM_GB} GB"
    lacking = re.search(r"(?:No matching distribution found for|Cannot install) ([^\s,]+)", said)
    if wheels is not None and lacking:
        return (
            f"{wheels} holds no fitting wheel of {lacking[1]}, or of something it needs;"
            f" {_how_to_collect()}"
        )
    signs = ("connection", "Connection", "resolution", "timed out", "SSLError", "ProxyError")
    if lacking or any(sign in said for sign in signs):
        return (
            "pip could not fetch the packages (its words are above); check the network, or pip's"
            " own settings for a proxy (HTTPS_PROXY) and a certificate (PIP_CERT), then start"
            f" again. Without a network, {_how_to_collect()}"
        )
    return "pip could not install the packages; its words are above"


def hand_over(command: list[str]) -> int:
    """Become `command` where the system can do that; its exit status otherwise."""
    sys.stdout.flush()
    if sys.platform != "win32":
        os.execv(command[0], command)
    return wait_for(command)


def wait_for(command: list[str], **settings: str) -> int:
    """Exit status of `command`, run in the checkout with `settings` in its environment."""
    return subprocess.call(command, cwd=ROOT, env={**os.environ, **settings})


def _make(place: Path, fault: str) -> None:
    import system

    system.refuse_unfit_platform()
    if place.exists():
        say(f"the private environment cannot be used ({fault}): making it again")
        shutil.rmtree(place)
    _refuse_full_disk(place)
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        if not shutil.which("apt-get"):
            raise Trouble("this Python lacks the modules venv and ensurepip; install a whole one")
        system.install([package], "parts of Python that make environments")
    say(f"making a private environment in {place}")
    done = subprocess.run(
        [sys.executable, "-m", "venv", str(place)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no message"]
        raise Trouble(f"Python could not make an environment in {place}: {last[0]}")


def _fill(python: Path, place: Path, extras: frozenset[str], wheels: Path | None) -> None:
    say("installing the program and what it needs; the first time this takes some minutes")
    _stamp_file(place).unlink(missing_ok=True)
    named = f"{ROOT}[{','.join(sorted(extras))}]" if extras else str(ROOT)
    _pip(python, [*BUILD], wheels)
    _pip(python, ["--no-build-isolation", "-e", named], wheels)


def _pip(python: Path, arguments: list[str], wheels: Path | None) -> None:
    command = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    command += ["--retries", "2", "-c", str(CONSTRAINTS)]
    command += [] if sys.stderr.isatty() else ["--quiet"]
    command += ["--no-index", "--find-links", str(wheels)] if wheels else []
    tail: list[str] = []
    with subprocess.Popen(
        [*command, *arguments], stdout=sys.stderr, stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            sys.stderr.write(line)
            tail = [*tail[-30:], line]
    if process.returncode:
        raise Trouble(explain("".join(tail), wheels))


def _how_to_collect() -> str:
    return (
        "collect the wheels on a machine of the same kind that has one:"
        f" `python3 -m pip wheel -w WHEELS -c packaging/constraints.txt {' '.join(BUILD)} .`,"
        " bring the folder here and add `--wheels WHEELS`"
    )


def _refuse_full_disk(place: Path) -> None:
    free = shutil.disk_usage(place.parent).free / 1e9
    if free < ROOM_GB:
        raise Trouble(
            f"the environment needs about {ROOM_GB} GB, and only {free:.1f} GB are free on the"
            f" disk of {place.parent}"
        )


def _configured_version(place: Path) -> str | None:
    """ "3.12" as pyvenv.cfg has it: the Python the packages were installed for."""
    try:
        lines = (place / "pyvenv.cfg").read_text("utf-8").splitlines()
    except OSError:
        return None
    table = {
        key.strip(): value.strip() for key, _, value in (line.partition("=") for line in lines)
    }
    version = table.get("version") or table.get("version_info", "")
    return ".".join(version.split(".")[:2]) or None


def _stamp_file(place: Path) -> Path:
    return place / "tlstudio-set-up.json"


def _write_stamp(place: Path, stamp: Stamp) -> None:
    file = _stamp_file(place)
    half = file.with_suffix(".tmp")
    half.write_text(json.dumps(asdict(stamp), indent=1), "utf-8")
    half.replace(file)
