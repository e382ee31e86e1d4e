"""The whole product as a person starts it, and what a person does in a browser in front of it."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from mediaproc.commands import checks
from mediaproc.embedded import orphans, servers

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "test-results"
PASSWORD = "a long enough password"  # of accounts that live for one test
WIDTHS = (1280, 390)
"""Of a desk and of a phone, in CSS pixels."""

PATIENCE_SECONDS = 40
"""How long anything may take before a test gives up: the machine may be busy with other tests."""

_RECEIVERS_HERE = {"WEBHOOK_ALLOW_HTTP": "true", "WEBHOOK_ALLOWED_NETWORKS": "127.0.0.1"}
_NOT_MEASURED = {"MEASURE_VMAF": "0"}
"""It takes the only slot of a small machine for some seconds, and the next test waits."""

_CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class Site:
    """Where the product runs, and the directory of its data."""

    url: str
    data_dir: Path

    def kill(self, *words: str) -> None:
        """Kill each of its processes that has all these words on its command line, as `kill -9` does."""
        found = [each for each in orphans.of(self.data_dir) if set(words) <= set(_command(each))]
        assert found, f"nothing runs with {words}"
        for process in found:
            process.kill()


@contextmanager
def running_site() -> Generator[Site]:
    """`./dev up` on a directory of its own."""
    with tempfile.TemporaryDirectory(prefix="mediaproc-e2e-") as folder:
        Path(folder).chmod(0o755)
        (port,) = servers.free_ports(1)
        url = f"http://localhost:{port}"
        with (Path(folder) / "up.log").open("wb") as log:
            up = subprocess.Popen(
                [str(ROOT / "dev"), "up", "--data", f"{folder}/data", "--port", str(port)],
                cwd=ROOT,
                env={**_without_settings(), **_RECEIVERS_HERE, **_NOT_MEASURED},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            try:
                _wait_for(f"{url}/readyz", up, Path(log.name))
                yield Site(url=url, data_dir=Path(folder).resolve() / "data")
            finally:
                up.send_signal(signal.SIGINT)
                up.wait(timeout=60)


@contextmanager
def chromium() -> Generator[Browser]:
    """The Chromium of this machine, or Playwright's own."""
    expect.set_options(timeout=PATIENCE_SECONDS * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=checks.chromium(), args=_CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


def register(page: Page) -> str:
    """Make an account by hand and wait for the library. Returns the email."""
    email = f"{secrets.token_hex(6)}@example.com"
    page.goto("/register")
    fill_door(page, email, PASSWORD, "Create account")
    expect(page.get_by_role("heading", name="Library")).to_be_visible()
    expect(page.get_by_text("Upload your first video")).to_be_visible()
    return email


def sign_up(page: Page) -> str:
    """Make an account through the API, in a second less than by hand, and open the library. Returns the email."""
    account = {"email": f"{secrets.token_hex(6)}@example.com", "password": PASSWORD}
    assert page.context.request.post("/api/v1/auth/register", data=account).status == 201
    page.goto("/")
    expect(page.get_by_text("Upload your first video")).to_be_visible()
    return account["email"]


def new_account(site: Site) -> tuple[str, str]:
    """Make an account through the API alone. Returns the email and an access token."""
    account = {"email": f"{secrets.token_hex(6)}@example.com", "password": PASSWORD}
    done = httpx.post(f"{site.url}/api/v1/auth/register", json=account).raise_for_status()
    return account["email"], done.json()["access_token"]


def sign_in(page: Page, email: str, *, then: str) -> None:
    """Sign in through the API, and open a page."""
    account = {"email": email, "password": PASSWORD}
    assert page.context.request.post("/api/v1/auth/login", data=account).status == 200
    page.goto(then)


def fill_door(page: Page, email: str, password: str, button: str) -> None:
    """Fill in the sign-in or register form and send it."""
    page.wait_for_load_state("networkidle")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name=button).click()


def choose(page: Page, *files: Path) -> None:
    """Choose files as the picker does."""
    page.locator("#file-picker").set_input_files([str(file) for file in files])


def row(page: Page, name: str):  # a Locator
    """A file's row in the tray."""
    return page.locator(f'.row[data-upload="{name}"]')


def wait_until(page: Page, true: Callable[[], bool], *, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait without Playwright's `wait_for_function`, which the page's Content-Security-Policy rightly forbids."""
    for _ in range(int(seconds * 20)):
        if true():
            return
        page.wait_for_timeout(50)
    raise AssertionError("did not become true in time")


def assert_accessible(page: Page, scheme: str = "light") -> None:
    """WCAG 2.2 A and AA, as far as axe can tell. In the dark, the colours: nothing else is drawn in another way."""
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    wanted = {"type": "tag", "values": tags} if scheme == "light" else {"type": "rule", "values": ["color-contrast"]}
    _let_animations_end(page)
    found = Axe().run(page, options={"runOnly": wanted})
    assert found.violations_count == 0, found.generate_report()


def in_each_look(page: Page, *, height: int = 844) -> Iterator[tuple[int, str]]:
    """Show the page on a desk and on a phone, in light and in dark: the width, in which nothing is cut off, and it."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": height})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.wait_for_timeout(150)
            yield width, scheme
        assert_fits(page)


def assert_fits(page: Page) -> None:
    """Nothing can be scrolled sideways."""
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def screenshot(page: Page, name: str) -> None:
    """Keep a picture for somebody to look at."""
    RESULTS.mkdir(exist_ok=True)
    page.screenshot(path=RESULTS / f"{name}.png")


def _let_animations_end(page: Page) -> None:
    """Colours are judged as they stay: a dialog that still fades in has others. Endless animations are left alone."""
    page.evaluate(
        """() => Promise.all(document.getAnimations()
            .filter(each => each.effect.getComputedTiming().endTime !== Infinity)
            .map(each => each.finished.catch(() => null)))
            .then(() => null)"""
    )


def _command(process: psutil.Process) -> list[str]:
    try:
        command = process.cmdline()
    except psutil.Error:
        return []
    return [Path(command[0]).name, *command[1:]] if command else []


def _without_settings() -> dict[str, str]:
    """The environment without what an integration test in this process may have put there."""
    ours = ("DATABASE_URL", "REDIS_URL", "S3_", "AWS_", "JWT_SECRET", "PUBLIC_URL", "EXTRA_ORIGINS")
    return {name: value for name, value in os.environ.items() if name == "AWS_CA_BUNDLE" or not name.startswith(ours)}


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path, *, seconds: float = 150) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"Mediaproc did not come up:\n{log.read_text()[-4000:]}") from None
            time.sleep(0.2)
