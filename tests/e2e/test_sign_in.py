"""The door: registering, signing in, staying signed in, signing out everywhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from mediaproc.domain import errors
from testing.browser import choose, fill_sign_in_form, register, sign_up, wait_until
from testing.site import PASSWORD

pytestmark = pytest.mark.console_errors(r"status of 401 .*/api/v1/(auth/(me|refresh)|events|presets)\)$")
"""Of a tab that asks once more after its session has ended."""


def test_a_wrong_password_is_told_in_words(blank: Page) -> None:
    email = register(blank)
    _sign_out(blank)
    fill_sign_in_form(blank, email, "not the password", "Sign in")
    expect(blank.get_by_role("alert")).to_have_text(errors.WrongCredentials.title)
    expect(blank.get_by_label("Email")).to_have_value(email)
    fill_sign_in_form(blank, email, PASSWORD, "Sign in")
    expect(blank.get_by_role("heading", name="Library")).to_be_visible()


def test_an_email_can_be_taken_only_once(blank: Page) -> None:
    email = sign_up(blank)
    _sign_out(blank)
    blank.get_by_role("link", name="Create account").click()
    fill_sign_in_form(blank, email, PASSWORD, "Create account")
    expect(blank.get_by_role("alert")).to_have_text(errors.EmailTaken.title)


def test_the_form_is_not_shown_to_whoever_is_signed_in(page: Page) -> None:
    page.goto("/sign-in?next=/jobs")
    expect(page.get_by_role("heading", name="Jobs")).to_be_visible()
    page.goto("/register?next=/sign-in?next=/register")
    expect(page.get_by_role("heading", name="Library")).to_be_visible()


def test_one_stays_signed_in_through_a_reload(page: Page) -> None:
    page.reload()
    expect(page.get_by_text("Upload your first video")).to_be_visible()


def test_a_second_tab_follows_when_one_signs_out(page: Page) -> None:
    other = page.context.new_page()
    other.goto("/")
    expect(other.get_by_text("Upload your first video")).to_be_visible()
    _sign_out(page)
    expect(other).to_have_url(re.compile("/sign-in"))


def test_a_page_behind_the_door_leads_there_and_back(blank: Page) -> None:
    email = sign_up(blank)
    _sign_out(blank)
    blank.goto("/videos/00000000-0000-7000-8000-000000000000")
    expect(blank).to_have_url(re.compile(r"/sign-in\?next=/videos/"))
    fill_sign_in_form(blank, email, PASSWORD, "Sign in")
    expect(blank.get_by_text("Video not found")).to_be_visible()


def test_an_expired_access_cookie_is_renewed_without_a_question(page: Page) -> None:
    page.context.clear_cookies(name="mp_access")
    page.goto("/")
    expect(page.get_by_text("Upload your first video")).to_be_visible()
    assert any(cookie.get("name") == "mp_access" for cookie in page.context.cookies())


def test_a_renewed_sign_in_leads_to_no_other_site(page: Page) -> None:
    """A browser drops the tab from the address, which then begins with two slashes: the name of another host."""
    page.context.route("**://elsewhere.example/**", lambda route: route.fulfill(body="Not Mediaproc"))
    page.goto("/renew?next=/%09/elsewhere.example/")
    expect(page.get_by_role("heading", name="Library")).to_be_visible()


@pytest.mark.parametrize("locks", [True, False], ids=["with locks", "on plain http"])
def test_many_tabs_that_renew_at_once_stay_signed_in(new_context: Callable[[], BrowserContext], locks: bool) -> None:
    """A refresh token used twice ends the session, so the tabs must take turns."""
    page = new_context().new_page()
    sign_up(page)
    if not locks:
        page.context.add_init_script("Object.defineProperty(navigator, 'locks', { value: undefined })")
    tabs = [page, *(page.context.new_page() for _ in range(2))]
    for tab in tabs:
        tab.goto("/")
        expect(tab.get_by_text("Upload your first video")).to_be_visible()
        assert tab.evaluate("Boolean(navigator.locks)") is locks
    wait_until(page, lambda: page.evaluate("Number(localStorage.getItem('mediaproc.renew_at'))") > 0)
    held: list[Route] = []
    page.context.route("**/api/v1/auth/refresh", lambda route: held.append(route))
    page.context.clear_cookies(name="mp_access")
    page.evaluate("localStorage.setItem('mediaproc.renew_at', '0')")
    for tab in tabs:
        tab.evaluate("() => { window.location.reload() }")
    wait_until(page, lambda: bool(held) and all("/renew" in tab.url for tab in tabs))
    page.wait_for_timeout(500)  # long enough for every other tab to want the same
    assert len(held) == 1
    held.pop().continue_()
    page.context.unroute("**/api/v1/auth/refresh")
    for tab in tabs:
        expect(tab.get_by_text("Upload your first video")).to_be_visible()


def test_a_lease_of_a_tab_that_died_ends_by_itself(new_context: Callable[[], BrowserContext]) -> None:
    page = new_context().new_page()
    sign_up(page)
    page.context.add_init_script("Object.defineProperty(navigator, 'locks', { value: undefined })")
    page.evaluate("localStorage.setItem('mediaproc.refresh_lease', `gone ${Date.now() + 1500}`)")
    page.context.clear_cookies(name="mp_access")
    page.goto("/")
    expect(page.get_by_text("Upload your first video")).to_be_visible()


def test_a_page_that_is_left_while_it_renews_keeps_the_new_cookies(page: Page) -> None:
    """The server has used the token up; a browser that drops the answer would come with it a second time."""
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    page.context.clear_cookies(name="mp_access")
    slow = {"offline": False, "latency": 700, "downloadThroughput": -1, "uploadThroughput": -1}
    line.send("Network.emulateNetworkConditions", slow)
    with page.expect_request("**/api/v1/auth/refresh"):
        page.goto("/renew", wait_until="commit")
    page.wait_for_timeout(200)
    page.goto("about:blank")
    line.detach()
    page.goto("/")
    expect(page.get_by_text("Upload your first video")).to_be_visible()


def test_the_session_ends_on_the_server_too(page: Page) -> None:
    cookies: list[Any] = [*page.context.cookies()]
    _sign_out(page)
    page.context.add_cookies(cookies)
    page.goto("/")
    expect(page).to_have_url(re.compile("/sign-in"))


@pytest.mark.console_errors(r"status of 422 .*/api/v1/uploads/x\)$")
def test_whoever_comes_next_in_the_same_tab_sees_nothing_of_mine(page: Page, tmp_path: Path) -> None:
    notes = tmp_path / "secret plans.mp4"
    notes.write_text("Not a film.")
    choose(page, notes)
    expect(page.locator(".card", has_text="secret plans")).to_be_visible()
    _leave_an_unfinished_upload(page)
    _sign_out(page)
    sign_up(page)
    expect(page.get_by_role("button", name="Upload")).to_be_visible()
    page.wait_for_timeout(500)
    assert "secret plans" not in page.content()
    assert "holiday.mp4" not in page.content()


def _leave_an_unfinished_upload(page: Page) -> None:
    page.evaluate(
        """() => {
            const key = Object.keys(localStorage).find((name) => name.startsWith('mediaproc.uploads.'))
            localStorage.setItem(key, JSON.stringify({x: {id: 'x', name: 'holiday.mp4', size: 1, at: Date.now()}}))
        }"""
    )


def _sign_out(page: Page) -> None:
    page.get_by_role("button", name="Account").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
