"""The only room that speaks to the network, and only when a person asked for a file.

Settings: network.proxy (http://HOST:PORT, else the system's own), network.ca_file (PEM file of a
certificate authority trusted besides the system's and certifi's).
"""

from __future__ import annotations

import hashlib
import http.client
import os
import shutil
import ssl
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import tlstudio
from tlstudio.domain.errors import UserError
from tlstudio.domain.progress import Cancel, Progress, Step, silent
from tlstudio.services.settings import setting
from tlstudio.storage.files import replace

TIMEOUT = 15.0
"""Seconds without a byte after which a connection counts as broken; also the longest that calling
off can take."""

_BLOCK = 1 << 18
_UNTOLD_LIMIT = 20 * 2**30


def download(
    url: str,
    to: Path,
    *,
    size: int | None = None,
    hash_prefix: str | None = None,
    progress: Progress = silent,
    cancel: Cancel | None = None,
) -> str:
    """Fetch `url` into the file `to` and return its sha256; `to` is whole or untouched.

    `size` is the published size in bytes, to about a thousandth; `hash_prefix` the published
    start of the sha256. Progress counts bytes. Raises Cancelled, and UserError weights.offline,
    .proxy, .proxy_setting, .certificate, .ca_file, .refused, .cut, .size, .checksum or .disk.
    """
    part = to.with_name(f".{to.name}.{os.getpid()}.part")
    to.parent.mkdir(parents=True, exist_ok=True)
    try:
        with _open(url) as answer:
            total = _expected(url, answer, size)
            _check_room(to.parent, total)
            sha256 = _copy(url, answer, part, total, size, progress, cancel or Cancel())
        if hash_prefix and not sha256.startswith(hash_prefix.lower()):
            got = sha256[: len(hash_prefix)]
            raise UserError("weights.checksum", url=url, got=got, published=hash_prefix)
        replace(part, to)
    finally:
        part.unlink(missing_ok=True)
    return sha256


def trust() -> ssl.SSLContext:
    """Certificates that count: the system's, certifi's, and those of network.ca_file."""
    import certifi

    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    file = str(setting("network.ca_file") or "").strip()
    if file:
        try:
            context.load_verify_locations(Path(file).expanduser())
        except (OSError, ssl.SSLError) as trouble:
            reason = trouble.strerror or str(trouble)
            raise UserError("weights.ca_file", file=file, reason=reason) from trouble
        # Authorities of institutions often lack extensions that Python 3.13 insists on.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def proxy() -> str | None:
    """The proxy of the settings; None leaves the choice to the system's own."""
    value = str(setting("network.proxy") or "").strip()
    if not value:
        return None
    full = value if "://" in value else f"http://{value}"
    try:
        parts = urlsplit(full)
        lawful = parts.scheme in ("http", "https") and bool(parts.hostname) and bool(parts.port)
    except ValueError:
        lawful = False
    if not lawful:
        raise UserError("weights.proxy_setting", value=value)
    return full


class _NeverDowngrade(urllib.request.HTTPRedirectHandler):
    """Follows an address only where it stays as protected as it was."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str,
        headers: http.client.HTTPMessage, newurl: str,
    ) -> urllib.request.Request | None:  # fmt: skip
        before, after = urlsplit(req.full_url).scheme, urlsplit(newurl).scheme
        if after not in ("http", "https") or (before == "https" and after != "https"):
            raise urllib.error.HTTPError(newurl, code, "insecure redirect", headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _open(url: str) -> Any:
    host = urlsplit(url).hostname or url
    through = proxy()
    handlers: list[urllib.request.BaseHandler] = [
        urllib.request.HTTPSHandler(context=trust()),
        _NeverDowngrade(),
    ]
    if through:
        handlers.append(urllib.request.ProxyHandler({"http": through, "https": through}))
    headers = {"User-Agent": f"tlstudio/{tlstudio.__version__}", "Accept-Encoding": "identity"}
    request = urllib.request.Request(url, headers=headers)
    if request.type not in ("http", "https"):
        raise ValueError(f"not an address of the web: {url}")
    try:
        return urllib.request.build_opener(*handlers).open(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as trouble:
        trouble.close()
        if trouble.code == 407 and through:
            raise _proxy_error(through, "it wants a name and password") from trouble
        raise UserError("weights.refused", host=host, status=trouble.code, url=url) from trouble
    except (OSError, http.client.HTTPException) as trouble:
        raise _unreachable(host, through, trouble) from trouble


def _unreachable(host: str, through: str | None, trouble: Exception) -> UserError:
    inner = trouble.reason if isinstance(trouble, urllib.error.URLError) else trouble
    if isinstance(inner, ssl.SSLCertVerificationError):
        return UserError("weights.certificate", host=host, reason=inner.verify_message)
    if isinstance(inner, TimeoutError):
        reason = f"no answer within {TIMEOUT:g} s"
    else:
        reason = getattr(inner, "strerror", None) or str(inner) or type(inner).__name__
    if through and not isinstance(inner, ssl.SSLError):
        return _proxy_error(through, reason)
    return UserError("weights.offline", host=host, reason=reason)


def _proxy_error(through: str, reason: str) -> UserError:
    parts = urlsplit(through)  # without the name and password that may be in it
    return UserError("weights.proxy", proxy=f"{parts.hostname}:{parts.port}", reason=reason)


def _expected(url: str, answer: Any, size: int | None) -> int | None:
    """Bytes to come: what the server says, held against what is published."""
    told = answer.headers.get("Content-Length")
    length = int(told) if told and told.isdigit() else None
    if length is not None and size is not None and abs(length - size) > _slack(size):
        raise UserError("weights.size", url=url, got=length, size=size)
    return length if length is not None else size


def _slack(size: int) -> int:
    """Published sizes are rounded."""
    return max(4096, size // 1000)


def _check_room(folder: Path, needed: int | None) -> None:
    free = shutil.disk_usage(folder).free
    # The file itself and the backbone made of it, both there for a moment.
    if needed is not None and 2 * needed > free:
        params = {"free": free // 10**6, "needed": 2 * needed // 10**6}
        raise UserError("weights.disk", file=str(folder), **params)


def _copy(
    url: str, answer: Any, part: Path, total: int | None, size: int | None,
    progress: Progress, cancel: Cancel,
) -> str:  # fmt: skip
    told = answer.headers.get("Content-Length") is not None
    limit = total + _slack(total) if total is not None else _UNTOLD_LIMIT
    digest = hashlib.sha256()
    done = 0
    progress(Step("weights.downloading", 0, total))
    with part.open("wb") as file:
        while block := _next_block(url, answer, done, total):
            cancel.check()
            done += len(block)
            if done > limit:
                raise UserError("weights.size", url=url, got=done, size=total or _UNTOLD_LIMIT)
            digest.update(block)
            _write(file, block, part)
            progress(Step("weights.downloading", done, total))
        cancel.check()
        os.fsync(file.fileno())
    if told and total is not None and done != total:
        raise UserError("weights.cut", url=url, got=done, size=total)
    if size is not None and abs(done - size) > _slack(size):
        raise UserError("weights.cut", url=url, got=done, size=size)
    return digest.hexdigest()


def _next_block(url: str, answer: Any, done: int, total: int | None) -> bytes:
    """What has arrived, some of it; empty at the end."""
    try:
        block: bytes = answer.read1(_BLOCK)
    except (OSError, http.client.HTTPException) as trouble:
        size = "?" if total is None else total
        raise UserError("weights.cut", url=url, got=done, size=size) from trouble
    return block


def _write(file: IO[bytes], block: bytes, part: Path) -> None:
    try:
        file.write(block)
    except OSError as trouble:
        reason = trouble.strerror or str(trouble)
        raise UserError("weights.store", file=str(part.parent), reason=reason) from trouble
