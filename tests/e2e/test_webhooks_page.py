"""Settings, webhooks: one is added, tried out, looked at, switched off and on, and deleted."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect
from standardwebhooks import Webhook as Verifier

from mediaproc.domain.errors import Detail
from testing.browser import assert_accessible, in_each_look, screenshot
from testing.webhook_receiver import Receiver, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


def _open(page: Page) -> None:
    page.get_by_role("link", name="Settings").click()
    expect(page.get_by_role("heading", name="Webhooks")).to_be_visible()


def _add(page: Page, url: str) -> str:
    form = page.get_by_role("form", name="New webhook")
    form.get_by_role("textbox", name="URL").fill(url)
    form.get_by_role("textbox", name="Description").fill("our own site")
    form.get_by_role("checkbox", name="Deleted").check()
    form.get_by_role("button", name="Add webhook").click()
    shown = page.get_by_label("Webhook secret")
    expect(shown).to_have_text(re.compile("^whsec_"))
    expect(shown).to_be_in_viewport()
    return shown.inner_text()


def _hook(page: Page) -> Locator:
    return page.get_by_role("list", name="Webhooks").locator("> li")


def test_a_webhook_is_added_tried_out_switched_and_deleted(page: Page, receiver: Receiver) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    _open(page)
    secret = _add(page, receiver.url + "/hook")
    page.get_by_role("button", name="Copy", exact=True).click()
    assert page.evaluate("navigator.clipboard.readText()") == secret
    expect(_hook(page)).to_contain_text("Ready, Failed, Deleted")
    expect(_hook(page)).to_contain_text("our own site")
    page.reload()
    expect(_hook(page)).to_be_visible()
    assert secret not in page.content()
    receiver.will(500, 200)
    _hook(page).get_by_role("button", name="Send test event").click()
    deliveries = page.get_by_role("list", name="Deliveries").get_by_role("listitem")
    expect(deliveries).to_contain_text(["Failed"])
    expect(deliveries).to_contain_text(["HTTP 500"])
    deliveries.get_by_text("Request and response").click()
    expect(deliveries.get_by_label("Request body", exact=True)).to_contain_text('"type": "webhook.test"')
    expect(deliveries.get_by_label("Response body", exact=True)).to_have_text("said the receiver")
    deliveries.get_by_role("button", name="Resend").click()
    expect(deliveries).to_contain_text(["Delivered", "Failed"])
    for each in receiver.received:
        assert Verifier(secret).verify(each.body, each.headers)["type"] == "webhook.test"
    _hook(page).get_by_role("button", name="Disable").click()
    expect(_hook(page)).to_contain_text("are not sent later")
    _hook(page).get_by_role("button", name="Enable").click()
    expect(_hook(page).get_by_role("button", name="Send test event")).to_be_visible()
    _hook(page).get_by_role("button", name="Delete http").click()
    expect(page.get_by_role("alertdialog")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Delete webhook").click()
    expect(_hook(page)).to_have_count(0)


def test_the_events_of_a_webhook_are_changed(page: Page, receiver: Receiver) -> None:
    _open(page)
    _add(page, receiver.url + "/hook")
    _hook(page).get_by_role("button", name="Edit events").click()
    events = page.get_by_role("form", name=f"Events of {receiver.url}/hook")
    expect(events.get_by_role("checkbox", name="Deleted")).to_be_checked()
    for name in ("Ready", "Failed", "Deleted"):
        events.get_by_role("checkbox", name=name).uncheck()
    events.get_by_role("button", name="Save events").click()
    expect(events.get_by_role("alert")).to_be_visible()
    events.get_by_role("checkbox", name="Playable").check()
    events.get_by_role("button", name="Save events").click()
    expect(events).to_be_hidden()
    expect(_hook(page).locator(".facts").first).to_contain_text("Playable")
    expect(_hook(page).locator(".facts").first).not_to_contain_text("Deleted")


@pytest.mark.console_errors(r"status of 422 .*/api/v1/webhooks\)$")
def test_an_address_that_can_not_be_is_refused_in_words(page: Page) -> None:
    _open(page)
    form = page.get_by_role("form", name="New webhook")
    form.get_by_role("textbox", name="URL").fill("https://10.0.0.1/")
    form.get_by_role("button", name="Add webhook").click()
    expect(form.get_by_role("alert")).to_have_text(Detail.URL_PRIVATE)


def test_the_section_in_every_look(page: Page, receiver: Receiver) -> None:
    _open(page)
    receiver.will(404)
    _add(page, f"{receiver.url}/hooks/of/an/address/that/is/rather/long/{'x' * 60}")
    _hook(page).get_by_role("button", name="Send test event").click()
    deliveries = page.get_by_role("list", name="Deliveries").get_by_role("listitem")
    expect(deliveries).to_contain_text(["Failed"])
    deliveries.get_by_text("Request and response").click()
    page.evaluate("document.activeElement.blur()")
    for width, scheme in in_each_look(page, height=1100):
        page.get_by_role("heading", name="Webhooks").evaluate("each => each.scrollIntoView()")
        assert_accessible(page, scheme)
        screenshot(page, f"webhooks-{width}-{scheme}")
    _hook(page).get_by_role("button", name="Disable").click()
    expect(_hook(page)).to_contain_text("are not sent later")
    for width, scheme in in_each_look(page, height=1100):
        page.get_by_role("heading", name="Webhooks").evaluate("each => each.scrollIntoView()")
        screenshot(page, f"webhooks-off-{width}-{scheme}")
        assert_accessible(page, scheme)
