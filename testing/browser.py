"""Chromium, and the actions of a user on Mediaproc's pages."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from mediaproc.commands import checks
from testing import ROOT
from testing.site import PASSWORD

RESULTS = ROOT / "test-results"
WIDTHS = (1280, 390)
"""Viewport widths of a desktop and of a phone, in CSS pixels."""

PATIENCE_SECONDS = 90
"""Timeout of every wait in the browser. Long, because the machine may be busy with other tests."""

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


@contextmanager
def chromium() -> Generator[Browser]:
    """Run the Chromium of this machine, or Playwright's own, within `with`."""
    expect.set_options(timeout=PATIENCE_SECONDS * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=checks.chromium(), args=_CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


def register(page: Page) -> str:
    """Create an account with the form and wait for the library. Returns its email."""
    email = f"{secrets.token_hex(6)}@example.com"
    page.goto("/register")
    fill_sign_in_form(page, email, PASSWORD, "Create account")
    expect(page.get_by_role("heading", name="Library")).to_be_visible()
    expect(page.get_by_text("Upload your first video")).to_be_visible()
    return email


def sign_up(page: Page) -> str:
    """Create an account through the API, which is faster than the form, and open the library. Returns its email."""
    account = {"email": f"{secrets.token_hex(6)}@example.com", "password": PASSWORD}
    assert page.context.request.post("/api/v1/auth/register", data=account).status == 201
    page.goto("/")
    expect(page.get_by_text("Upload your first video")).to_be_visible()
    return account["email"]


def sign_in(page: Page, email: str, *, then: str) -> None:
    """Sign in through the API and open the page `then`."""
    account = {"email": email, "password": PASSWORD}
    assert page.context.request.post("/api/v1/auth/login", data=account).status == 200
    page.goto(then)


def fill_sign_in_form(page: Page, email: str, password: str, button: str) -> None:
    """Fill in the sign-in or registration form and submit it."""
    page.wait_for_load_state("networkidle")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name=button).click()


def choose(page: Page, *files: Path) -> None:
    """Choose files in the file picker."""
    page.locator("#file-picker").set_input_files([str(file) for file in files])


def row(page: Page, name: str):  # a Locator
    """Locator of a file's row in the upload tray."""
    return page.locator(f'.row[data-upload="{name}"]')


def wait_until(page: Page, true: Callable[[], bool], *, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until `true()`. Playwright's `wait_for_function` is blocked by the page's Content-Security-Policy."""
    for _ in range(int(seconds * 20)):
        if true():
            return
        page.wait_for_timeout(50)
    raise AssertionError("did not become true in time")


def assert_accessible(page: Page, scheme: str = "light") -> None:
    """Assert WCAG 2.2 A and AA with axe. In dark mode only colour contrast: nothing else differs from light mode."""
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    wanted = {"type": "tag", "values": tags} if scheme == "light" else {"type": "rule", "values": ["color-contrast"]}
    _let_animations_end(page)
    found = Axe().run(page, options={"runOnly": wanted})
    assert found.violations_count == 0, found.generate_report()


def in_each_look(page: Page, *, height: int = 844) -> Iterator[tuple[int, str]]:
    """Show the page in both widths and in light and dark. Yields width and colour scheme, and asserts that it fits."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": height})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.wait_for_timeout(150)
            yield width, scheme
        assert_fits(page)


def assert_fits(page: Page) -> None:
    """Assert that the page does not scroll sideways."""
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def screenshot(page: Page, name: str) -> None:
    """Save a screenshot to `test-results/`."""
    RESULTS.mkdir(exist_ok=True)
    page.screenshot(path=RESULTS / f"{name}.png")


def _let_animations_end(page: Page) -> None:
    """Wait for the end of finite animations: a dialog that still fades in has other colours."""
    page.evaluate(
        """() => Promise.all(document.getAnimations()
            .filter(each => each.effect.getComputedTiming().endTime !== Infinity)
            .map(each => each.finished.catch(() => null)))
            .then(() => null)"""
    )
