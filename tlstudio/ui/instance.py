"""One window per person: a second start raises the first one and hands it the project."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from PySide6.QtCore import QLockFile, QObject, Signal

_WAIT_MS = 1500


class Instance(QObject):
    """`asked` is sent with the project's path (or "") when somebody starts the program again.

    The lock is a file in `home`, cheap to try before any window is shown; the local server,
    whose module takes longer to load, is started after the first paint.
    """

    asked = Signal(str)

    def __init__(self, home: Path) -> None:
        super().__init__()
        self._lock = QLockFile(str(home / "window.lock"))
        self._lock.setStaleLockTime(0)
        self.name = "tlstudio-" + hashlib.sha256(str(home).encode()).hexdigest()[:16]
        self._server: QObject | None = None

    def first(self) -> bool:
        """Whether this is the only window; the lock of a program that died does not count."""
        return self._lock.tryLock(0)

    def listen(self) -> bool:
        """Take calls of later starts from now on."""
        from PySide6.QtNetwork import QLocalServer

        server = QLocalServer(self)
        server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        QLocalServer.removeServer(self.name)
        server.newConnection.connect(self._connected)
        self._server = server
        return server.listen(self.name)

    def call(self, project: str) -> bool:
        """Ask the first window to come to the front and open `project`; false: no answer."""
        from PySide6.QtNetwork import QLocalSocket

        socket = QLocalSocket()
        socket.connectToServer(self.name)
        if not socket.waitForConnected(_WAIT_MS):
            return False
        socket.write(json.dumps({"open": project}).encode() + b"\n")
        heard = socket.waitForReadyRead(_WAIT_MS)
        socket.disconnectFromServer()
        return heard

    def close(self) -> None:
        if self._server is not None:
            self._server.close()  # type: ignore[attr-defined]
        self._lock.unlock()

    def _connected(self) -> None:
        socket = self._server.nextPendingConnection()  # type: ignore[union-attr]
        socket.readyRead.connect(lambda: self._read(socket))
        socket.disconnected.connect(socket.deleteLater)
        if socket.canReadLine():
            self._read(socket)

    def _read(self, socket: QObject) -> None:
        if not socket.canReadLine():  # type: ignore[attr-defined]
            return
        line = bytes(socket.readLine(65536).data())  # type: ignore[attr-defined]
        socket.write(b"ok\n")  # type: ignore[attr-defined]
        socket.flush()  # type: ignore[attr-defined]
        try:
            project = str(json.loads(line)["open"])
        except (ValueError, KeyError, TypeError):
            project = ""
        self.asked.emit(project)
