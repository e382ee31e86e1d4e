"""Weight of the library over the wire, and how long a browser may keep what it loaded."""

from __future__ import annotations

from playwright.sync_api import Page, expect

MAX_SCRIPT_BYTES = 200_000
MAX_STYLE_BYTES = 30_000

_WEIGH = """suffix => performance.getEntriesByType("resource")
    .filter(each => new URL(each.name).pathname.endsWith(suffix))
    .reduce((total, each) => total + each.encodedBodySize, 0)"""


def test_the_library_is_light(page: Page) -> None:
    page.reload(wait_until="networkidle")
    expect(page.locator("#file-picker")).to_be_attached()  # the last of its scripts
    assert 0 < page.evaluate(_WEIGH, ".js") <= MAX_SCRIPT_BYTES
    assert 0 < page.evaluate(_WEIGH, ".css") <= MAX_STYLE_BYTES


def test_scripts_come_compressed_and_are_kept(page: Page) -> None:
    with page.expect_response(lambda each: "/assets/entry.client" in each.url) as caught:
        page.reload()
    headers = caught.value.all_headers()
    assert headers["content-encoding"] == "br"
    assert "immutable" in headers["cache-control"]
