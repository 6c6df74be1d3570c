"""Headless Chromium driven over the DevTools protocol, by a pipe: no driver, no library, no port.

https://chromedevtools.github.io/devtools-protocol describes the messages: JSON, each ended by a zero byte.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)
PATIENCE = 20
KEYS = {"Enter": 13, "Tab": 9, "Escape": 27, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40}


def chromium() -> str | None:
    """The browser of this machine, if there is one."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """One page of a browser of its own."""

    def __init__(self, program: str, profile: Path) -> None:
        to_browser, from_us = (_high(end) for end in os.pipe())
        to_us, from_browser = (_high(end) for end in os.pipe())
        begin = [sys.executable, "-c", _BEGIN, str(to_browser), str(from_browser)]
        command = [*begin, program, *OPTIONS, f"--user-data-dir={profile}", "about:blank"]
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(
            command, stdin=quiet, stdout=quiet, stderr=quiet, pass_fds=(to_browser, from_browser)
        )
        os.close(to_browser)
        os.close(from_browser)
        self._out, self._in = from_us, to_us
        os.set_blocking(self._in, False)
        self._read = b""
        self._number = 0
        self._session = ""
        self.said: list[str] = []
        """What the page wrote to its console, and its mistakes."""
        self.asked: list[str] = []
        """The addresses that the page asked for."""
        targets = self.call("Target.getTargets")["targetInfos"]
        page = next(target["targetId"] for target in targets if target["type"] == "page")
        self._session = self.call("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def close(self) -> None:
        """End the browser."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._out)
        os.close(self._in)

    # -- messages

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Ask for something, and wait for the answer."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + PATIENCE
        while True:
            answer = self._next(until, method)
            if answer.get("id") == self._number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]

    def _next(self, until: float, method: str) -> dict[str, Any]:
        while b"\0" not in self._read:
            assert time.monotonic() < until, f"the browser does not answer {method}"
            assert self._process.poll() is None, "the browser has ended"
            try:
                self._read += os.read(self._in, 1 << 16)
            except BlockingIOError:
                time.sleep(0.005)
        message, _, self._read = self._read.partition(b"\0")
        found = json.loads(message)
        self._note(found)
        return found

    def _note(self, message: dict[str, Any]) -> None:
        parameters = message.get("params", {})
        match message.get("method"):
            case "Runtime.exceptionThrown":
                self.said.append(json.dumps(parameters["exceptionDetails"])[:500])
            case "Runtime.consoleAPICalled":
                self.said.append(" ".join(str(each.get("value")) for each in parameters["args"]))
            case "Log.entryAdded":
                self.said.append(parameters["entry"]["text"])
            case "Network.requestWillBeSent":
                self.asked.append(parameters["request"]["url"])
            case _:
                pass

    # -- what a person does

    def open(self, page: Path) -> None:
        """Load a page and wait until it is there."""
        self.said.clear()
        self.asked.clear()
        self.call("Page.navigate", url=page.resolve().as_uri())
        self.wait_for("document.readyState === 'complete' && location.href !== 'about:blank'")

    def size(self, width: int, height: int, is_phone: bool = False) -> None:
        """The size of the window."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=is_phone
        )

    def theme(self, name: str) -> None:
        """`light` or `dark`, as the system's setting has it; nothing moves."""
        features = [
            {"name": "prefers-color-scheme", "value": name},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]
        self.call("Emulation.setEmulatedMedia", features=features)

    def value(self, expression: str) -> Any:
        """The value of an expression of the page."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait_for(self, expression: str) -> None:
        """Wait until something holds."""
        until = time.monotonic() + PATIENCE
        while not self.value(expression):
            assert time.monotonic() < until, f"it does not come to hold: {expression}"
            time.sleep(0.02)

    def middle(self, selector: str) -> tuple[float, float]:
        """Where an element is in the window."""
        box = self.value(
            f"(() => {{ const b = document.querySelector({json.dumps(selector)}).getBoundingClientRect();"
            " return [b.left + b.width / 2, b.top + b.height / 2]; })()"
        )
        return box[0], box[1]

    def hover(self, selector: str) -> None:
        """Move the pointer over an element."""
        self._mouse("mouseMoved", *self.middle(selector))

    def click(self, selector: str) -> None:
        """Press the button over an element and let it go."""
        place = self.middle(selector)
        self._mouse("mouseMoved", *place)
        self._mouse("mousePressed", *place, button="left", clickCount=1)
        self._mouse("mouseReleased", *place, button="left", clickCount=1)

    def drag(self, start: tuple[float, float], by: tuple[float, float]) -> None:
        """Press the button, move, and let it go."""
        end = start[0] + by[0], start[1] + by[1]
        self._mouse("mouseMoved", *start)
        self._mouse("mousePressed", *start, button="left", buttons=1, clickCount=1)
        self._mouse("mouseMoved", (start[0] + end[0]) / 2, (start[1] + end[1]) / 2, button="left", buttons=1)
        self._mouse("mouseMoved", *end, button="left", buttons=1)
        self._mouse("mouseReleased", *end, button="left", clickCount=1)

    def wheel(self, place: tuple[float, float], by: float) -> None:
        """Turn the wheel."""
        self._mouse("mouseWheel", *place, deltaX=0, deltaY=by)

    def _mouse(self, kind: str, x: float, y: float, **more: Any) -> None:
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def press(self, key: str) -> None:
        """Press a key."""
        text = {"text": "\r"} if key == "Enter" else {"text": key} if len(key) == 1 else {}
        code = KEYS.get(key, ord(key.upper()[0]))
        for kind in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                windowsVirtualKeyCode=code,
                **(text if kind == "keyDown" else {}),
            )

    def type(self, text: str) -> None:
        """Write into what has the focus."""
        self.call("Input.insertText", text=text)

    def screenshot(self, selector: str = "", inset: float = 0) -> bytes:
        """The window as PNG, or an element in it, without so many points at its sides."""
        clip: dict[str, Any] = {}
        if selector:
            found = f"document.querySelector({json.dumps(selector)}).getBoundingClientRect().toJSON()"
            box = self.value(found)
            clip = {
                "x": box["x"] + inset,
                "y": box["y"] + inset,
                "width": box["width"] - 2 * inset,
                "height": box["height"] - 2 * inset,
                "scale": 1,
            }
        more = {"clip": clip} if clip else {}
        return base64.b64decode(self.call("Page.captureScreenshot", format="png", **more)["data"])


_BEGIN = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.dup2(int(sys.argv[2]), 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""Begins the browser, which reads from descriptor 3 and writes to 4."""


def _high(descriptor: int) -> int:
    """A copy of a descriptor that is neither 3 nor 4."""
    import fcntl

    copy = fcntl.fcntl(descriptor, fcntl.F_DUPFD, 5)
    os.close(descriptor)
    return copy
