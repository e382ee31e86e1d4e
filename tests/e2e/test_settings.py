"""Settings: a key is made, used and revoked; another device is signed out; the password is changed."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from mediaproc.domain.errors import Detail
from testing.browser import assert_accessible, fill_sign_in_form, in_each_look, screenshot, sign_in
from testing.site import PASSWORD, Site

NEW = "quite another password"


_SHIFTS = """() => new Promise(done => new PerformanceObserver(list => done(
    list.getEntries().filter(each => !each.hadRecentInput).reduce((total, each) => total + each.value, 0)
)).observe({type: "layout-shift", buffered: true}) || setTimeout(() => done(0), 500))"""
"""Cumulative layout shift of the page so far. The observer calls at once if there was any."""


def _open(page: Page) -> None:
    page.get_by_role("link", name="Settings").click()
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    expect(page.get_by_role("heading", name="API keys")).to_be_visible()


def _make_key(page: Page, name: str) -> str:
    form = page.get_by_role("form", name="New API key")
    form.get_by_role("textbox", name="Name").fill(name)
    form.get_by_role("button", name="Create API key").click()
    shown = page.locator(".secret pre")
    expect(shown).to_have_text(re.compile("^mp_"))
    return shown.inner_text()


def _status(site: Site, key: str) -> int:
    request = urllib.request.Request(f"{site.url}/api/v1/videos", headers={"Authorization": f"Bearer {key}"})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_a_key_is_shown_once_works_and_is_revoked(page: Page, site: Site) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    _open(page)
    key = _make_key(page, "nightly upload")
    page.get_by_role("button", name="Copy", exact=True).click()
    assert page.evaluate("navigator.clipboard.readText()") == key
    assert _status(site, key) == 200
    page.reload()
    expect(page.get_by_role("heading", name="API keys")).to_be_visible()
    listed = page.get_by_role("list", name="API keys")
    expect(listed.get_by_text("nightly upload")).to_be_visible()
    expect(listed.get_by_text("Last used")).to_be_visible()
    assert key not in page.content()
    page.get_by_role("button", name="Revoke nightly upload").click()
    page.get_by_role("button", name="Cancel").click()
    assert _status(site, key) == 200
    page.get_by_role("button", name="Revoke nightly upload").click()
    page.get_by_role("button", name="Revoke key").click()
    expect(page.locator(".items").get_by_text("nightly upload")).to_have_count(0)
    assert _status(site, key) == 401


def test_the_page_does_not_jump_as_it_loads(page: Page) -> None:
    page.goto("/settings", wait_until="networkidle")
    expect(page.get_by_role("button", name="Add webhook")).to_be_visible()
    assert page.evaluate(_SHIFTS) < 0.1


@pytest.mark.console_errors(r"status of 401 .*/api/v1/(auth/(me|refresh)|events|presets)\)$")
def test_another_device_is_signed_out_and_the_password_changed(
    new_context: Callable[[], BrowserContext], page: Page
) -> None:
    page.get_by_role("button", name="Account").click()
    email = page.locator(".menu-head b").inner_text()
    page.keyboard.press("Escape")
    other = new_context().new_page()
    sign_in(other, email, then="/")
    expect(other.get_by_role("heading", name="Library")).to_be_visible()
    _open(page)
    expect(page.get_by_role("list", name="Active sessions").get_by_role("listitem")).to_have_count(2)
    page.get_by_role("button", name=re.compile("^Sign out (?!all)")).click()
    expect(page.get_by_role("list", name="Active sessions").get_by_role("listitem")).to_have_count(1)
    other.goto("/")
    expect(other).to_have_url(re.compile("/sign-in"))
    page.get_by_label("Current password").fill("not it at all")
    page.get_by_label("New password").fill(NEW)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("alert")).to_have_text(Detail.CURRENT_PASSWORD_WRONG)
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_label("New password").fill(NEW)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("Password changed")).to_be_visible()
    fill_sign_in_form(other, email, NEW, "Sign in")
    expect(other.get_by_role("heading", name="Library")).to_be_visible()


def test_the_page_in_every_look(page: Page) -> None:
    _open(page)
    _make_key(page, "a program with a rather long name that says what it is for")
    expect(page.get_by_role("listitem").filter(has_text="a program with")).to_be_visible()
    for width, scheme in in_each_look(page):
        assert_accessible(page, scheme)
        screenshot(page, f"settings-{width}-{scheme}")
    expect(page.get_by_role("list", name="Active sessions")).to_contain_text("Last used just now")
    page.get_by_role("button", name="Change password").scroll_into_view_if_needed()
    for width, scheme in in_each_look(page):
        screenshot(page, f"settings-end-{width}-{scheme}")
    page.get_by_role("button", name=re.compile("^Revoke ")).click()
    expect(page.get_by_role("alertdialog")).to_be_visible()
    for _, scheme in in_each_look(page):
        assert_accessible(page, scheme)
