"""A client of the language server: a process of its own, and messages over its standard streams."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

PATIENCE = 60


class LanguageClient:
    """Speaks to `nn lsp`. Texts are kept as the server should have them; positions are UTF-16 unless asked otherwise."""

    def __init__(self, folder: str | os.PathLike[str] | None = None, environment: dict[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "dsl.app.main", "lsp"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder, env=environment,
        )  # fmt: skip
        self._messages: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._number = 0
        self._answers: dict[int, dict[str, Any]] = {}
        self._versions: dict[str, int] = {}
        self._told_of: dict[str, int | None] = {}
        self.published: dict[str, list[dict[str, Any]]] = {}
        self.notifications: list[dict[str, Any]] = []
        self.errors = b""
        self._listeners = [threading.Thread(target=each, daemon=True) for each in (self._listen, self._hear_errors)]
        for listener in self._listeners:
            listener.start()

    # -- messages

    def _listen(self) -> None:
        stream = self.process.stdout
        while header := stream.readline():
            length = int(header.split(b":")[1])
            while stream.readline().strip():
                pass
            self._messages.put(json.loads(stream.read(length)))
        self._messages.put(None)

    def _hear_errors(self) -> None:
        self.errors = self.process.stderr.read()

    def send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def next(self) -> dict[str, Any]:
        """The next message; requests of the server are granted."""
        message = self._messages.get(timeout=PATIENCE)
        if message is None:
            raise EOFError(self.errors.decode(errors="replace"))
        if "method" in message and "id" in message:
            self.send({"id": message["id"], "result": None})
        elif message.get("method") == "textDocument/publishDiagnostics":
            told = message["params"]
            self.published[told["uri"]] = told["diagnostics"]
            self._told_of[told["uri"]] = told.get("version")
        elif "method" in message:
            self.notifications.append(message)
        else:
            self._answers[message["id"]] = message
        return message

    def ask(self, method: str, params: Any = None) -> int:
        """Send a request; its number."""
        self._number += 1
        self.send({"id": self._number, "method": method, "params": params})
        return self._number

    def answer(self, number: int) -> dict[str, Any]:
        """The whole answer to a request."""
        while number not in self._answers:
            self.next()
        return self._answers.pop(number)

    def request(self, method: str, params: Any = None) -> Any:
        """The result of a request. Raises ValueError with what is said instead."""
        answer = self.answer(self.ask(method, params))
        if "error" in answer:
            raise ValueError(answer["error"]["message"])
        return answer.get("result")

    def notify(self, method: str, params: Any = None) -> None:
        self.send({"method": method, "params": params})

    # -- the life of a client

    def initialise(self, encodings: list[str] | None = None, progress: bool = False) -> dict[str, Any]:
        general = {"positionEncodings": encodings} if encodings else {}
        window = {"workDoneProgress": progress}
        renaming = {"rename": {"prepareSupport": True}}
        capabilities = {"general": general, "window": window, "textDocument": renaming}
        result = self.request("initialize", {"processId": None, "rootUri": None, "capabilities": capabilities})
        self.notify("initialized", {})
        return result

    def open(self, uri: str, text: str) -> None:
        self._versions[uri] = 0
        self._told_of.pop(uri, None)
        item = {"uri": uri, "languageId": "nn", "version": 0, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})

    def change(self, uri: str, *changes: dict[str, Any]) -> None:
        self._versions[uri] += 1
        document = {"uri": uri, "version": self._versions[uri]}
        self.notify("textDocument/didChange", {"textDocument": document, "contentChanges": list(changes)})

    @property
    def opened(self) -> list[str]:
        return list(self._versions)

    def close_document(self, uri: str) -> None:
        self._versions.pop(uri, None)
        self.notify("textDocument/didClose", {"textDocument": {"uri": uri}})

    def at(self, method: str, uri: str, position: tuple[int, int], **more: Any) -> Any:
        """The result of a request about a position."""
        line, character = position
        place = {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}}
        return self.request(f"textDocument/{method}", {**place, **more})

    def about(self, method: str, uri: str, **more: Any) -> Any:
        """The result of a request about a document."""
        return self.request(f"textDocument/{method}", {"textDocument": {"uri": uri}, **more})

    def diagnostics(self, uri: str, anew: bool = False) -> list[dict[str, Any]]:
        """What is published of the newest text of a document; `anew` for what is said of a text that has not changed."""
        if anew:
            del self._told_of[uri]
        while self._told_of.get(uri) != self._versions[uri]:
            self.next()
        return self.published[uri]

    def shut_down(self) -> int:
        """Say goodbye; the exit status."""
        self.request("shutdown")
        self.notify("exit")
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        for listener in self._listeners:
            listener.join()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            stream.close()


@contextmanager
def client(**more: Any) -> Iterator[LanguageClient]:
    """A client that has been introduced."""
    made = LanguageClient(more.pop("folder", None))
    try:
        made.initialise(**more)
        yield made
    finally:
        made.kill()


def replacement(start: tuple[int, int], end: tuple[int, int], text: str) -> dict[str, Any]:
    """An incremental change."""
    places = [{"line": line, "character": character} for line, character in (start, end)]
    return {"range": {"start": places[0], "end": places[1]}, "text": text}
