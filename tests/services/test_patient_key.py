"""The patient key: carried to another machine, never lost, and missed where it is another."""

from __future__ import annotations

import stat
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tlstudio.domain.errors import UserError
from tlstudio.domain.notices import Notice
from tlstudio.services import images
from tlstudio.services.datasets import import_source
from tlstudio.services.identity_key import identity_key, key_file
from tlstudio.services.patient_key import (
    export_key,
    import_key,
    key_notices,
    patient_key,
)
from tlstudio.services.projects import create_project

sys.path.append(str(Path(__file__).parent))
from patients import dicom


def test_looking_makes_no_key() -> None:
    assert patient_key().fingerprint == ""
    assert not key_file().exists()


def test_a_key_that_travels_makes_the_same_groups(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    dicom(source / "scan.dcm")
    groups = []
    for place in ("here", "there"):
        with create_project(tmp_path / place) as project:
            import_source(project, source)
            groups.append(images.image_rows(project, images.find_images(project))[0].group)
        if place == "here":
            made = export_key(tmp_path / "key.json")
            key_file().unlink()  # another machine
            assert import_key(tmp_path / "key.json").fingerprint == made.fingerprint
    assert groups[0] == groups[1]


def test_an_exported_key_is_for_its_user_alone_and_replaces_no_file(tmp_path: Path) -> None:
    export_key(tmp_path / "key.json")
    assert stat.S_IMODE((tmp_path / "key.json").stat().st_mode) == 0o600
    with pytest.raises(UserError) as error:
        export_key(tmp_path / "key.json")
    assert error.value.code == "identity.exists"


def test_another_key_is_replaced_only_when_asked_and_is_kept(tmp_path: Path) -> None:
    first = export_key(tmp_path / "first.json")
    key_file().unlink()
    second = patient_key_made()
    with pytest.raises(UserError) as error:
        import_key(tmp_path / "first.json")
    assert error.value.code == "identity.other_key"
    assert second in str(error.value)
    assert patient_key().fingerprint == second
    made = import_key(tmp_path / "first.json", replace=True)
    assert patient_key().fingerprint == first.fingerprint
    assert made.kept is not None
    assert stat.S_IMODE(made.kept.stat().st_mode) == 0o600
    assert import_key(made.kept, replace=True).fingerprint == second


def patient_key_made() -> str:
    identity_key()
    return patient_key().fingerprint


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[1]", b"{" * 5000, b"ab" * 20, b"\xff\xfe", b'{"kind": 3}']
)
def test_what_is_no_key_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(UserError) as error:
        import_key(tmp_path / "x")
    assert error.value.code in ("identity.no_key", "identity.key_unreadable")
    assert not key_file().exists()


def test_a_key_that_was_changed_on_the_way_is_refused(tmp_path: Path) -> None:
    export_key(tmp_path / "key.json")
    text = (tmp_path / "key.json").read_text()
    key = identity_key().hex()
    (tmp_path / "key.json").write_text(text.replace(key, key[::-1]))
    with pytest.raises(UserError) as error:
        import_key(tmp_path / "key.json")
    assert error.value.code == "identity.no_key"


def test_a_project_says_when_its_names_were_made_with_another_key(tmp_path: Path) -> None:
    def codes(notices: Iterable[Notice]) -> set[str]:
        return {notice.code for notice in notices if notice.code.startswith("identity.")}

    source = tmp_path / "in"
    source.mkdir()
    dicom(source / "a.dcm")
    with create_project(tmp_path / "p") as project:
        assert codes(import_source(project, source).warnings) == set()
        assert key_notices(project) == []
        first = patient_key().fingerprint
        export_key(tmp_path / "key.json")
        key_file().unlink()
        assert codes(key_notices(project)) == {"identity.key_lacking"}
        dicom(source / "b.dcm", position=3, seed=3)
        report = import_source(project, source)
        assert codes(report.warnings) == {"identity.key_differs"}
        (notice,) = key_notices(project)
        assert notice.params == {"used": first, "here": patient_key().fingerprint}
        import_key(tmp_path / "key.json", replace=True)
        assert codes(key_notices(project)) == {"identity.key_differs"}


def test_images_of_nobody_ask_for_no_key(tmp_path: Path, class_folder: Callable[..., Path]) -> None:
    folder = class_folder({"bars": 1, "dots": 1}, size=16)
    with create_project(tmp_path / "p") as project:
        import_source(project, folder)
        assert key_notices(project) == []
    assert not key_file().exists()
