"""Firefox by WebDriver BiDi and WebKitGTK by WebDriver, as far as these tests drive them. No driver program for
Firefox, no Selenium: both protocols are JSON, one over a websocket that Firefox opens itself, one over HTTP."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

import httpx
from websockets.sync.client import ClientConnection, connect

from mediaproc.commands import lanes
from mediaproc.embedded import servers

T = TypeVar("T")

PATIENCE_SECONDS = 120
_SIZE = "1280x800"
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
"""The key of an element's id in WebDriver (W3C WebDriver, 12.1)."""

_FIREFOX_PREFERENCES = {
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "media.autoplay.default": 0,  # allowed
    "app.normandy.enabled": False,  # experiments, fetched at a time of their own
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
}
_MINI_BROWSERS = "webkit2gtk-4.*/MiniBrowser"
"""WebKitGTK's own browser, below the folder of libraries of this architecture."""


class Remote(Protocol):
    """A browser window under control. Selectors are CSS."""

    def open(self, url: str) -> None:
        """Go to an address and wait until it is loaded."""
        ...

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression, as JSON; a promise is awaited."""
        ...

    def type(self, selector: str, text: str) -> None:
        """Click into a field and type."""
        ...

    def click(self, selector: str) -> None:
        """Click the middle of an element."""
        ...

    def choose_file(self, selector: str, path: Path) -> None:
        """Choose a file in a file field, as a person does in its dialog."""
        ...


class Refused(AssertionError):
    """The browser could not do what it was asked. In the middle of a navigation that is nothing unusual."""


def until(answer: Callable[[], T], what: str, *, seconds: float = PATIENCE_SECONDS) -> T:
    """The first truthy answer. What the browser refuses is asked again."""
    deadline = time.monotonic() + seconds
    refused: Refused | None = None
    while True:
        try:
            if found := answer():
                return found
        except Refused as error:
            refused = error
        assert time.monotonic() < deadline, f"not within {seconds} s: {what} ({refused})"
        time.sleep(0.2)


class Firefox:
    """One tab of Firefox over WebDriver BiDi (https://www.w3.org/TR/webdriver-bidi/)."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._number = 0
        self._ask("session.new", capabilities={})
        self._tab = self._ask("browsingContext.getTree")["contexts"][0]["context"]

    def open(self, url: str) -> None:
        self._ask("browsingContext.navigate", context=self._tab, url=url, wait="complete")

    def evaluate(self, expression: str) -> Any:
        script = f"Promise.resolve({expression}).then((value) => JSON.stringify(value ?? null))"
        done = self._ask("script.evaluate", expression=script, target={"context": self._tab}, awaitPromise=True)
        if done["type"] != "success":
            raise Refused(done)
        return json.loads(done["result"]["value"])

    def type(self, selector: str, text: str) -> None:
        self.click(selector)
        keys = [{"type": kind, "value": letter} for letter in text for kind in ("keyDown", "keyUp")]
        self._act({"type": "key", "id": "keyboard", "actions": keys})

    def click(self, selector: str) -> None:
        origin = {"type": "element", "element": self._element(selector)}
        self.evaluate(f"document.querySelector({json.dumps(selector)})?.scrollIntoView({{block: 'center'}})")
        steps = [
            {"type": "pointerMove", "x": 0, "y": 0, "origin": origin},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        self._act({"type": "pointer", "id": "mouse", "actions": steps})

    def choose_file(self, selector: str, path: Path) -> None:
        self._ask("input.setFiles", context=self._tab, element=self._element(selector), files=[str(path)])

    def _element(self, selector: str) -> dict[str, str]:
        locator = {"type": "css", "value": selector}

        def found() -> list[dict[str, Any]]:
            return self._ask("browsingContext.locateNodes", context=self._tab, locator=locator)["nodes"]

        return {"sharedId": until(found, selector)[0]["sharedId"]}

    def _act(self, actions: dict[str, Any]) -> None:
        self._ask("input.performActions", context=self._tab, actions=[actions])

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        self._connection.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self._connection.recv(timeout=PATIENCE_SECONDS))
            if answer.get("id") == self._number:
                if answer["type"] != "success":
                    raise Refused(answer)
                return answer["result"]


class WebKit:
    """One window of WebKitGTK over WebDriver (https://www.w3.org/TR/webdriver2/)."""

    def __init__(self, http: httpx.Client, capabilities: dict[str, Any]) -> None:
        self._http = http
        self._session = ""
        made = self._ask("POST", "", capabilities={"alwaysMatch": capabilities})
        self._session = f"/{made['sessionId']}"

    def open(self, url: str) -> None:
        self._ask("POST", "/url", url=url)

    def evaluate(self, expression: str) -> Any:
        script = f"const done = arguments[0]; Promise.resolve({expression}).then((value) => done(value ?? null))"
        return self._ask("POST", "/execute/async", script=script, args=[])

    def type(self, selector: str, text: str) -> None:
        self._ask("POST", f"/element/{self._element(selector)}/value", text=text)

    def click(self, selector: str) -> None:
        self._ask("POST", f"/element/{self._element(selector)}/click")

    def choose_file(self, selector: str, path: Path) -> None:
        self.type(selector, str(path))

    def close(self) -> None:
        """End the session, and with it the browser."""
        self._ask("DELETE", "")

    def _element(self, selector: str) -> str:
        return self._ask("POST", "/element", using="css selector", value=selector)[_ELEMENT]

    def _ask(self, method: str, path: str, **body: Any) -> Any:
        content = json.dumps(body) if method == "POST" else None
        answer = self._http.request(method, f"/session{self._session}{path}", content=content)
        if not answer.is_success:
            raise Refused(answer.text)
        return answer.json()["value"]


@contextmanager
def firefox(folder: Path) -> Generator[Firefox]:
    """Firefox without a window, with a profile of its own in `folder`."""
    (port,) = servers.free_ports(1)
    lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in _FIREFOX_PREFERENCES.items())
    (folder / "user.js").write_text("\n".join(lines))
    options = ("--headless", "--no-remote", "--profile", str(folder), "--remote-debugging-port", str(port))
    environment = {**os.environ, "HOME": str(folder), "MOZ_HEADLESS_WIDTH": "1280", "MOZ_HEADLESS_HEIGHT": "800"}
    with _running([_path(lanes.FIREFOX), *options, "about:blank"], environment, folder / "firefox.log"):
        _wait_for(port)
        url = f"ws://127.0.0.1:{port}/session"
        with connect(url, max_size=None, proxy=None, open_timeout=PATIENCE_SECONDS) as connection:
            yield Firefox(connection)


@contextmanager
def webkit(folder: Path) -> Generator[WebKit]:
    """WebKitGTK's MiniBrowser on a screen of its own."""
    (port,) = servers.free_ports(1)
    browser = next(Path("/usr/lib").glob(f"*/{_MINI_BROWSERS}"))
    options = {
        "webkitgtk:browserOptions": {"binary": str(browser), "args": ["--automation"]},
        "timeouts": {"implicit": 1000 * PATIENCE_SECONDS, "script": 1000 * PATIENCE_SECONDS},
    }
    with _screen(folder) as display:
        environment = {**os.environ, "DISPLAY": display, "HOME": str(folder), "WEBKIT_DISABLE_COMPOSITING_MODE": "1"}
        command = [_path(lanes.WEBKIT), "--host=127.0.0.1", f"--port={port}"]
        with _running(command, environment, folder / "webkit.log"):
            _wait_for(port)
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_SECONDS, trust_env=False) as http:
                window = WebKit(http, options)
                yield window
                window.close()


@contextmanager
def _screen(folder: Path) -> Generator[str]:
    """A virtual screen; Xvfb itself chooses a free number and writes it down."""
    read, write = os.pipe()
    command = [_path(lanes.XVFB), "-displayfd", str(write), "-screen", "0", f"{_SIZE}x24", "-nolisten", "tcp"]
    with _running(command, dict(os.environ), folder / "xvfb.log", pass_fds=(write,)), os.fdopen(read) as number:
        os.close(write)
        yield f":{number.readline().strip()}"


@contextmanager
def _running(
    command: list[str], environment: dict[str, str], log: Path, *, pass_fds: tuple[int, ...] = ()
) -> Generator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=environment, stdout=output, stderr=output, pass_fds=pass_fds, start_new_session=True
        )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(port: int) -> None:
    def answers() -> bool:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            return False
        return True

    until(answers, f"a browser on port {port}")


def _path(program: lanes.Program) -> str:
    assert program.path, str(program)
    return program.path
