"""The verb patient-key: what turns patients into groups, and how it goes to another machine."""

from __future__ import annotations

import argparse
from pathlib import Path

from tlstudio.cli.output import Output
from tlstudio.cli.verbs import Verbs


def add(verbs: Verbs) -> None:
    key = verbs.add(
        "patient-key", "Carry the key that patients' ids are hashed with to another machine.", None
    )
    acts = Verbs(key, "acts")
    acts.add("show", "Say which key this machine has, by its fingerprint.", _show)
    away = acts.add(
        "export", "Write the key to a new file; whoever has it can test names.", _export
    )
    away.add_argument("file", metavar="FILE", type=Path)
    bring = acts.add("import", "Use the key in FILE from now on.", _import)
    bring.add_argument("file", metavar="FILE", type=Path)
    bring.add_argument(
        "--replace",
        action="store_true",
        help="although this machine has another key, which is kept beside it",
    )


def _show(_args: argparse.Namespace, out: Output) -> None:
    from tlstudio.services.patient_key import patient_key

    found = patient_key()
    out.answer(found.to_json())
    if found.fingerprint:
        out.text(f"patient key {found.fingerprint} in {found.file}")
    else:
        out.text("there is no patient key yet; the first import of a DICOM file makes one")


def _export(args: argparse.Namespace, out: Output) -> None:
    from tlstudio.services.patient_key import export_key

    made = export_key(args.file)
    out.answer(made.to_json())
    out.text(f"wrote the patient key {made.fingerprint} to {made.file}")
    out.text("keep it as safe as the patients' files: it does not belong beside a project")


def _import(args: argparse.Namespace, out: Output) -> None:
    from tlstudio.services.patient_key import import_key

    made = import_key(args.file, replace=args.replace)
    out.answer(made.to_json())
    out.text(f"patient key {made.fingerprint} is used from now on")
    if made.kept is not None:
        out.text(f"the key that was here before is in {made.kept}")
