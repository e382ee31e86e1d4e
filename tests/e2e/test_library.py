"""The library, by hand: several videos selected, downloaded, tried again and deleted at once."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Download, Locator, Page, expect

from mediaproc.client import Client
from testing.browser import assert_accessible, assert_fits, fill_sign_in_form, in_each_look, screenshot, wait_until
from testing.site import PASSWORD, Site, new_account


@pytest.fixture
def library(site: Site, blank: Page, small_bunny: Path, tmp_path: Path) -> Page:
    """Of somebody with two videos that are ready, and before them two that failed."""
    email, token = new_account(site)
    with Client(site.url, token) as client:
        again = Path(shutil.copy(small_bunny, tmp_path / "Once more.mp4"))
        sent = [client.upload(small_bunny), client.upload(again)]
        for name in ("notes", "more notes"):
            path = tmp_path / f"{name}.mp4"
            path.write_text("These are notes, not a film.\n")
            sent.append(client.upload(path))
        assert [client.wait(each.id).status for each in sent] == ["completed", "completed", "failed", "failed"]
    blank.emulate_media(reduced_motion="reduce")
    blank.goto("/sign-in")
    fill_sign_in_form(blank, email, PASSWORD, "Sign in")
    expect(blank.locator(".card")).to_have_count(4)
    return blank


def test_several_are_downloaded_at_once(library: Page) -> None:
    saved: list[Download] = []
    library.on("download", lambda each: saved.append(each))
    _select(library, "Once more")
    _select(library, "notes")
    _select(library, "Big Buck Bunny")
    expect(_bar(library)).to_contain_text("3 selected")
    _bar(library).get_by_role("button", name="Download").click()
    wait_until(library, lambda: len(saved) == 2)
    assert sorted(each.suggested_filename for each in saved) == ["Big Buck Bunny-180p.mp4", "Once more-180p.mp4"]
    assert all(each.path().stat().st_size > 10_000 for each in saved)
    library.keyboard.press("Escape")
    expect(_bar(library)).to_have_count(0)


def test_several_are_deleted_at_once(library: Page) -> None:
    other = library.context.new_page()
    other.goto("/")
    expect(other.locator(".card")).to_have_count(4)
    _select(other, "notes")
    library.get_by_label("Select “more notes”").focus()
    library.keyboard.press("Space")
    library.get_by_label("Select “Once more”").click(modifiers=["Shift"])
    expect(_bar(library)).to_contain_text("3 selected")
    _bar(library).get_by_role("button", name="Delete").click()
    expect(library.locator(".notice")).to_contain_text("3 videos deleted")
    library.get_by_role("button", name="Undo").click()
    for tab in (library, other):
        expect(tab.locator(".card")).to_have_count(4)
    for title in ("notes", "more notes", "Once more"):
        _select(library, title)
    _bar(library).get_by_role("button", name="Delete").click()
    for tab in (library, other):
        expect(tab.locator(".card-title")).to_have_text(["Big Buck Bunny"])
        expect(_bar(tab)).to_have_count(0)


def test_a_retry_is_not_offered_where_it_can_not_help(library: Page) -> None:
    _select(library, "notes")
    library.locator("li", has_text="Once more").first.click()  # anywhere on a card, once something is selected
    expect(_bar(library)).to_contain_text("2 selected")
    expect(_bar(library).get_by_role("button", name="Download")).to_be_visible()
    expect(_bar(library).get_by_role("button", name="Retry")).to_have_count(0)
    library.keyboard.press("Escape")
    library.locator("li", has_text="notes").last.get_by_role("link").click()
    expect(library.get_by_role("alert")).to_contain_text("not a video")
    for name in ("Retry", "Reprocess"):
        expect(library.get_by_role("button", name=name)).to_have_count(0)


def test_it_is_listed_in_another_order_and_stays_in_it(library: Page) -> None:
    titles = library.locator(".card-title")
    expect(titles).to_have_text(["more notes", "notes", "Once more", "Big Buck Bunny"])
    library.get_by_label("Sort by").select_option("Title")
    expect(titles).to_have_text(["Big Buck Bunny", "more notes", "notes", "Once more"])
    id = library.locator("li", has_text="more notes").get_by_role("link").get_attribute("href")
    done = library.context.request.patch(f"/api/v1{id}", data={"title": "Zebra"}, headers={"Origin": _origin(library)})
    assert done.status == 200
    expect(titles).to_have_text(["Big Buck Bunny", "notes", "Once more", "Zebra"])
    library.get_by_role("button", name="Failed").click()
    expect(titles).to_have_text(["notes", "Zebra"])


def test_search_filter_and_order_stand_in_the_address(library: Page) -> None:
    titles = library.locator(".card-title")
    library.get_by_role("button", name="Failed").click()
    expect(library).to_have_url(re.compile(r"/\?filter=failed$"))
    library.get_by_label("Sort by").select_option("Title")
    expect(library).to_have_url(re.compile(r"/\?filter=failed&sort=title$"))
    library.get_by_label("Search videos").fill("more")
    expect(library).to_have_url(re.compile(r"sort=title&q=more$"))
    expect(titles).to_have_text(["more notes"])
    library.reload()
    expect(titles).to_have_text(["more notes"])
    expect(library.get_by_label("Search videos")).to_have_value("more")
    library.go_back()
    expect(titles).to_have_text(["more notes", "notes"])
    expect(library.get_by_label("Search videos")).to_have_value("")
    library.go_back()
    library.go_back()
    expect(titles).to_have_count(4)
    expect(library.get_by_role("button", name="All")).to_have_attribute("aria-pressed", "true")


def test_how_a_selection_looks(library: Page) -> None:
    _select(library, "notes")
    library.get_by_label("Select “Big Buck Bunny”").click()
    expect(_bar(library)).to_contain_text("2 selected")
    for width, scheme in in_each_look(library):
        screenshot(library, f"selected-{width}-{scheme}")
        assert_accessible(library, scheme)
        assert_fits(library)


def _origin(page: Page) -> str:
    return page.evaluate("location.origin")


def _select(page: Page, title: str) -> None:
    page.get_by_label(f"Select “{title}”", exact=True).click()


def _bar(page: Page) -> Locator:
    return page.get_by_role("group", name="Selected videos")
