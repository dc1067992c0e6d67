"""Downloads: whole and checked, or nothing kept and a way out told. All within this machine."""

from __future__ import annotations

import gc
import hashlib
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tlstudio.domain.errors import Cancelled, UserError
from tlstudio.domain.progress import Cancel, Step
from tlstudio.services import network
from tlstudio.services.settings import set_setting

CONTENT = bytes(range(256)) * 8000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
CERTIFICATES = Path(__file__).with_name("certificates")

Serve = Callable[..., str]


class Web(BaseHTTPRequestHandler):
    """A server with one good file and several kinds of bad manners."""

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        name = self.path.rpartition("/")[2]
        if name == "missing.pth":
            self.send_error(404)
        elif name == "elsewhere.pth":
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:9/plain.pth")
            self.end_headers()
        elif name == "untold.pth":
            self._send(CONTENT, None)
        else:
            self._send(CONTENT[:5000] if name == "cut.pth" else CONTENT, len(CONTENT))

    def _send(self, content: bytes, length: int | None) -> None:
        self.send_response(200)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()
        try:
            self.wfile.write(content)
        except OSError:
            self.close_connection = True

    def do_CONNECT(self) -> None:
        self.server.asked.append(f"CONNECT {self.path}")
        self.send_error(403, "not from here")

    def log_message(self, *_arguments: object) -> None:
        """Nothing on stderr."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Web)
        self.asked: list[str] = []

    def handle_error(self, *_about: object) -> None:
        """A client that hangs up is what some of these tests are about."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with Server() as web:
        thread = threading.Thread(target=web.serve_forever, args=(0.02,))
        thread.start()
        yield web
        web.shutdown()
        thread.join()


def address(server: Server, name: str = "plain.pth", scheme: str = "http") -> str:
    return f"{scheme}://127.0.0.1:{server.server_address[1]}/{name}"


def refusal(code: str, url: str, to: Path, **settings: object) -> UserError:
    """The error of a download that must fail and leave nothing behind."""
    with pytest.raises(UserError) as caught:
        network.download(url, to, **settings)
    assert caught.value.code == code
    assert "<" not in str(caught.value), "a parameter of the message is missing"
    assert list(to.parent.iterdir()) == []
    return caught.value


@pytest.fixture
def to(tmp_path: Path) -> Path:
    (tmp_path / "store").mkdir()
    return tmp_path / "store" / "weights.pth"


def test_the_file_arrives_whole_with_its_hash_and_its_progress(server: Server, to: Path) -> None:
    steps: list[Step] = []
    url = address(server)
    found = network.download(
        url, to, size=len(CONTENT), hash_prefix=SHA256[:8], progress=steps.append
    )
    assert found == SHA256
    assert to.read_bytes() == CONTENT
    assert list(to.parent.iterdir()) == [to]
    assert steps[0] == Step("weights.downloading", 0, len(CONTENT))
    assert steps[-1] == Step("weights.downloading", len(CONTENT), len(CONTENT))


def test_a_server_that_does_not_tell_the_length_is_fine(server: Server, to: Path) -> None:
    assert network.download(address(server, "untold.pth"), to) == SHA256


def test_published_sizes_are_rounded_and_still_fit(server: Server, to: Path) -> None:
    network.download(address(server), to, size=len(CONTENT) + 900)
    assert to.is_file()


def test_a_wrong_checksum_discards_the_file(server: Server, to: Path) -> None:
    trouble = refusal("weights.checksum", address(server), to, hash_prefix="00000000")
    assert trouble.params["got"] == SHA256[:8]


def test_a_file_of_another_size_is_not_even_fetched(server: Server, to: Path) -> None:
    refusal("weights.size", address(server), to, size=len(CONTENT) * 2)


def test_more_bytes_than_published_are_not_taken(server: Server, to: Path) -> None:
    refusal("weights.size", address(server, "untold.pth"), to, size=100_000)


def test_a_connection_that_breaks_off_keeps_nothing(server: Server, to: Path) -> None:
    trouble = refusal("weights.cut", address(server, "cut.pth"), to)
    assert (trouble.params["got"], trouble.params["size"]) == (5000, len(CONTENT))
    refusal("weights.cut", address(server, "untold.pth"), to, size=len(CONTENT) + 50_000)


def test_an_old_file_survives_a_failed_download(server: Server, to: Path) -> None:
    to.write_bytes(b"old")
    with pytest.raises(UserError):
        network.download(address(server, "cut.pth"), to)
    assert to.read_bytes() == b"old"


def test_calling_off_keeps_nothing(server: Server, to: Path) -> None:
    cancel = Cancel()

    def watch(step: Step) -> None:
        if step.done:
            cancel.set()

    with pytest.raises(Cancelled):
        network.download(address(server), to, progress=watch, cancel=cancel)
    assert list(to.parent.iterdir()) == []


def test_a_missing_file_says_so(server: Server, to: Path) -> None:
    trouble = refusal("weights.refused", address(server, "missing.pth"), to)
    assert trouble.params["status"] == 404


def test_offline_names_import_as_the_way_out(server: Server, to: Path) -> None:
    trouble = refusal("weights.offline", "http://127.0.0.1:9/x.pth", to)
    assert "weights import" in str(trouble)


def test_the_proxy_of_the_settings_is_used(server: Server, to: Path) -> None:
    set_setting("network.proxy", f"127.0.0.1:{server.server_address[1]}")
    assert network.download("http://weights.invalid/plain.pth", to) == SHA256
    assert server.asked == ["http://weights.invalid/plain.pth"]


# Until Python 3.11.3 a refused tunnel leaves the reader of its answer open (in the standard
# library); it is collected here, lest a later test is blamed for it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_proxy_that_refuses_or_is_not_there_is_named(server: Server, to: Path) -> None:
    set_setting("network.proxy", address(server, ""))
    trouble = refusal("weights.proxy", "https://weights.invalid/plain.pth", to)
    assert server.asked == ["CONNECT weights.invalid:443"]
    assert "403" in str(trouble)
    set_setting("network.proxy", "http://me:secret@127.0.0.1:9")
    trouble = refusal("weights.proxy", "https://weights.invalid/plain.pth", to)
    assert "127.0.0.1:9" in str(trouble) and "secret" not in str(trouble)
    del trouble
    gc.collect()


@pytest.mark.parametrize("value", ["socks5://127.0.0.1:9", "http://host:port", "nonsense"])
def test_a_proxy_setting_that_cannot_be_is_refused(value: str, to: Path) -> None:
    set_setting("network.proxy", value)
    refusal("weights.proxy_setting", "https://weights.invalid/x.pth", to)


@pytest.fixture
def secure(server: Server) -> Server:
    """The same server behind a certificate of an authority that nobody knows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / "server.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    return server


def test_an_unknown_authority_is_refused_and_the_setting_named(secure: Server, to: Path) -> None:
    trouble = refusal("weights.certificate", address(secure, scheme="https"), to)
    assert "network.ca_file" in str(trouble)


def test_an_institutions_own_authority_can_be_trusted(secure: Server, to: Path) -> None:
    set_setting("network.ca_file", str(CERTIFICATES / "authority.pem"))
    assert network.download(address(secure, scheme="https"), to) == SHA256


def test_no_way_leads_from_a_secure_address_to_an_open_one(secure: Server, to: Path) -> None:
    set_setting("network.ca_file", str(CERTIFICATES / "authority.pem"))
    refusal("weights.refused", address(secure, "elsewhere.pth", "https"), to)


@pytest.mark.parametrize("content", [None, "not a certificate"])
def test_a_certificate_file_that_is_none_is_named(
    content: str | None, to: Path, tmp_path: Path
) -> None:
    file = tmp_path / "hospital.pem"
    if content is not None:
        file.write_text(content)
    set_setting("network.ca_file", str(file))
    trouble = refusal("weights.ca_file", "https://weights.invalid/x.pth", to)
    assert trouble.file == str(file)


def test_a_full_disk_is_told_before_the_download(
    server: Server, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from collections import namedtuple

    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda _place: usage(10**9, 10**9, 10**6))
    refusal("weights.disk", address(server), to)


def test_only_addresses_of_the_web_are_fetched(to: Path) -> None:
    with pytest.raises(ValueError, match="not an address"):
        network.download("file:///etc/hostname", to)
