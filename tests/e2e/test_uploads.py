"""Uploads that are disturbed: a reload, a lost connection, a pause, a change of mind."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Request, Response, Route, expect

from testing import clips
from testing.browser import PATIENCE_SECONDS, assert_accessible, choose, in_each_look, row, screenshot, wait_until

MEBIBYTE = 1024 * 1024
_PART = re.compile(r"[?&]partNumber=(\d+)")
_NEW_UPLOAD = re.compile(r"/api/v1/uploads$")
_COMPLETE = re.compile(r"/api/v1/uploads/[^/]+/complete$")


@pytest.fixture
def big(tmp_path: Path) -> Path:
    """Six parts of no video."""
    path = tmp_path / "holiday.mp4"
    path.write_bytes(os.urandom(41 * MEBIBYTE))
    return path


@contextmanager
def slow_line(page: Page, *, bytes_per_second: int) -> Generator[None]:
    """What the page sends goes out at this pace."""
    line = page.context.new_cdp_session(page)
    anything = {"offline": False, "latency": 0, "downloadThroughput": -1}
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", {**anything, "uploadThroughput": bytes_per_second})
    try:
        yield
    finally:
        line.send("Network.emulateNetworkConditions", {**anything, "uploadThroughput": -1})
        line.detach()


class Gate:
    """Lets the first parts through and holds the others back, as a slow line does."""

    def __init__(self, page: Page, *, let_through: int) -> None:
        self.let_through = let_through
        self.held: list[Route] = []
        self.sent: list[int] = []
        self._page = page
        page.on("response", self._count)
        page.route(_PART, self._decide)

    def open(self) -> None:
        """Hold nothing back any more."""
        self._page.unroute(_PART)

    def assert_each_part_was_sent_once(self, page: Page) -> None:
        wait_until(page, lambda: len(self.sent) >= 6)
        assert sorted(self.sent) == [1, 2, 3, 4, 5, 6]

    def _decide(self, route: Route) -> None:
        if _number(route.request) <= self.let_through:
            route.continue_()
        else:
            self.held.append(route)

    def _count(self, response: Response) -> None:
        if response.request.method == "PUT" and _PART.search(response.url):
            self.sent.append(_number(response.request))


@pytest.mark.console_errors(r"net::ERR_CONNECTION_RESET .*/api/v1/uploads\)$")
def test_a_lost_answer_leaves_no_second_upload_behind(page: Page, big: Path) -> None:
    lost: list[str] = []

    def lose_the_first(route: Route) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.fetch().text())  # the server has done it, and nobody hears of it
        route.abort("connectionreset")

    page.route(_NEW_UPLOAD, lose_the_first)
    gate = Gate(page, let_through=0)
    choose(page, big)
    wait_until(page, lambda: len(gate.held) > 0)
    assert len(lost) == 1
    listed = page.request.get("/api/v1/videos").json()["items"]
    assert [each["filename"] for each in listed] == [big.name]


def test_a_folded_tray_stays_folded_on_the_next_page(page: Page, big: Path) -> None:
    Gate(page, let_through=0)
    choose(page, big)
    page.get_by_role("button", name="Collapse uploads", exact=True).click()
    page.get_by_role("link", name="Settings").first.click()
    expect(page.get_by_role("heading", name="Settings", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Expand uploads")).to_be_visible()
    page.get_by_role("button", name="Expand uploads").click()
    expect(row(page, big.name)).to_be_visible()


def test_a_reload_in_mid_upload_goes_on_from_the_parts_that_storage_has(page: Page, big: Path) -> None:
    gate = Gate(page, let_through=3)
    choose(page, big)
    wait_until(page, lambda: sorted(gate.sent) == [1, 2, 3] and len(gate.held) >= 3)
    page.reload()
    gate.open()
    expect(row(page, big.name)).to_contain_text("Select the file again to resume")
    choose(page, big)
    expect(row(page, big.name)).to_contain_text("not a video")
    gate.assert_each_part_was_sent_once(page)


@pytest.mark.console_errors("net::ERR_INTERNET_DISCONNECTED")
def test_a_lost_connection_is_waited_out(page: Page, big: Path) -> None:
    gate = Gate(page, let_through=2)
    choose(page, big)
    wait_until(page, lambda: sorted(gate.sent) == [1, 2] and len(gate.held) >= 4)
    page.context.set_offline(True)
    for route in gate.held:
        route.abort("internetdisconnected")
    expect(row(page, big.name)).to_contain_text("Offline, resumes automatically")
    gate.open()
    page.context.set_offline(False)
    expect(row(page, big.name)).to_contain_text("not a video")
    gate.assert_each_part_was_sent_once(page)


def test_an_upload_is_paused_and_goes_on(page: Page, big: Path) -> None:
    gate = Gate(page, let_through=2)
    choose(page, big)
    wait_until(page, lambda: sorted(gate.sent) == [1, 2])
    page.get_by_role("button", name=f"Pause {big.name}").click()
    expect(row(page, big.name)).to_contain_text("Paused")
    assert_accessible(page)
    gate.open()
    page.wait_for_timeout(500)
    assert sorted(gate.sent) == [1, 2]
    page.get_by_role("button", name=f"Resume {big.name}").click()
    expect(row(page, big.name)).to_contain_text("not a video")
    gate.assert_each_part_was_sent_once(page)


def test_several_parts_of_one_file_are_in_flight_at_once(page: Page, big: Path) -> None:
    gate = Gate(page, let_through=0)
    choose(page, big)
    wait_until(page, lambda: len(gate.held) >= 4)


def test_a_cancelled_upload_leaves_nothing(page: Page, big: Path) -> None:
    Gate(page, let_through=1)
    choose(page, big)
    expect(page.locator(".card", has_text="holiday")).to_be_visible()
    page.get_by_role("button", name=f"Cancel {big.name}").click()
    expect(page.locator(".tray")).to_have_count(0)
    expect(page.get_by_text("Upload your first video")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Upload your first video")).to_be_visible()
    expect(page.locator(".tray")).to_have_count(0)


def test_an_upload_cancelled_before_it_began_leaves_nothing(page: Page, big: Path) -> None:
    held: list[Route] = []
    page.route(_NEW_UPLOAD, lambda route: held.append(route))
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if _PART.search(request.url) else None)
    choose(page, big)
    wait_until(page, lambda: len(held) == 1)
    page.get_by_role("button", name=f"Cancel {big.name}").click()
    expect(page.locator(".tray")).to_have_count(0)
    with page.expect_response(lambda answer: answer.request.method == "DELETE"):
        held[0].continue_()
    expect(page.get_by_text("Upload your first video")).to_be_visible()
    assert not sent


def test_a_file_that_one_tab_uploads_is_not_sent_by_a_second(page: Page, big: Path) -> None:
    gate = Gate(page, let_through=2)
    choose(page, big)
    wait_until(page, lambda: sorted(gate.sent) == [1, 2])
    other, sent = _second_tab(page)
    expect(other.locator(".tray")).to_have_count(0)
    choose(other, big)
    expect(row(other, big.name)).to_contain_text("Uploading in another tab")
    assert_accessible(other)
    gate.open()
    expect(row(page, big.name)).to_contain_text("not a video")
    gate.assert_each_part_was_sent_once(page)
    expect(row(other, big.name)).to_contain_text("not a video")
    assert sent == []
    assert _filenames(page) == [big.name]


def test_a_second_tab_goes_on_where_a_closed_one_was(page: Page, big: Path) -> None:
    first, _ = _second_tab(page)
    gate = Gate(first, let_through=3)
    choose(first, big)
    wait_until(first, lambda: sorted(gate.sent) == [1, 2, 3] and len(gate.held) >= 3)
    sent: list[int] = []
    page.on("request", lambda request: sent.append(_number(request)) if _is_part(request) else None)
    choose(page, big)
    expect(row(page, big.name)).to_contain_text("another tab")
    first.close()
    expect(row(page, big.name)).to_contain_text("not a video")
    assert 4 in sent  # a part that was held back may still arrive as its tab is closed
    assert not {1, 2, 3} & set(sent)
    assert _filenames(page) == [big.name]


def test_a_file_cancelled_in_one_tab_leaves_the_other_too(page: Page, big: Path) -> None:
    Gate(page, let_through=2)
    choose(page, big)
    expect(row(page, big.name)).to_have_attribute("data-state", "uploading")
    other, sent = _second_tab(page)
    choose(other, big)
    expect(row(other, big.name)).to_contain_text("another tab")
    page.get_by_role("button", name=f"Cancel {big.name}").click()
    expect(other.locator(".tray")).to_have_count(0)
    assert sent == []
    assert _filenames(page) == []


def test_two_tabs_that_choose_a_file_at_once_upload_it_once(page: Page, big: Path) -> None:
    other, _ = _second_tab(page)
    first, second = Gate(page, let_through=0), Gate(other, let_through=0)
    choose(page, big)
    choose(other, big)
    expect(row(other, big.name)).to_contain_text("another tab")
    wait_until(page, lambda: len(first.held) > 0)
    assert second.held == []
    assert _filenames(page) == [big.name]


def test_without_locks_a_second_tab_uploads_as_if_it_were_alone(page: Page, big: Path) -> None:
    """As on plain http."""
    page.context.add_init_script("delete Navigator.prototype.locks")
    other, _ = _second_tab(page)
    other.reload()
    expect(other.get_by_text("Upload your first video")).to_be_visible()
    choose(other, big)
    expect(row(other, big.name)).to_contain_text("not a video")


def test_an_unfinished_upload_that_was_deleted_meanwhile_is_begun_anew(page: Page, big: Path) -> None:
    gate = _left_unfinished(page, big)
    (id,) = _remembered(page)
    expect(row(page, big.name)).to_contain_text("Select the file again to resume")
    _delete(page, id)
    gate.sent.clear()
    choose(page, big)
    expect(row(page, big.name)).to_contain_text("not a video")
    assert sorted(gate.sent) == [1, 2, 3, 4, 5, 6]
    assert _remembered(page) == []


def test_what_the_server_has_no_more_is_forgotten(page: Page, big: Path) -> None:
    _left_unfinished(page, big)
    (id,) = _remembered(page)
    _delete(page, id)
    page.reload()
    wait_until(page, lambda: _remembered(page) == [])
    expect(page.locator(".tray")).to_have_count(0)


def test_an_upload_that_was_completed_as_the_page_went_is_not_asked_for_again(page: Page, tmp_path: Path) -> None:
    words = tmp_path / "words.mp4"
    words.write_text("Not a film.")
    lost: list[int] = []

    def lose(route: Route) -> None:
        lost.append(route.fetch().status)

    page.route(_COMPLETE, lose)
    choose(page, words)
    wait_until(page, lambda: lost == [201])
    page.reload()
    expect(row(page, words.name)).to_contain_text("not a video")
    assert _remembered(page) == []
    assert _filenames(page) == [words.name]


@pytest.mark.console_errors(r"status of 404 .*\?partNumber=", r"^\[Uppy\] .* Non 2xx")
def test_an_upload_deleted_under_way_says_so_and_can_be_begun_anew(page: Page, big: Path) -> None:
    gate = Gate(page, let_through=2)
    choose(page, big)
    wait_until(page, lambda: sorted(gate.sent) == [1, 2])
    (id,) = _remembered(page)
    _delete(page, id)
    gate.open()
    expect(row(page, big.name)).to_contain_text("This upload was deleted")
    assert _remembered(page) == []
    page.get_by_role("button", name=f"Retry {big.name}").click()
    expect(row(page, big.name)).to_contain_text("not a video")


def test_of_several_files_each_has_figures_of_its_own_and_goes_its_own_way(page: Page, tmp_path: Path) -> None:
    going, paused, cancelled = several = [tmp_path / f"{name}.mp4" for name in ("going", "paused", "cancelled")]
    for path, mebibytes in zip(several, (14, 15, 16), strict=True):
        path.write_bytes(os.urandom(mebibytes * MEBIBYTE))
    head = page.locator(".tray-head")
    with slow_line(page, bytes_per_second=2_000_000):
        choose(page, *several)
        for path, size in zip(several, ("14.7", "15.7", "16.8"), strict=True):
            expect(row(page, path.name)).to_contain_text(re.compile(rf"B of {size} MB · [\d.]+ [kM]B/s.* left · \d+ %"))
        expect(head).to_contain_text(re.compile(r"Uploading 3 files[\d.]+ MB of 47.2 MB · .* left · \d+ %"))
        expect(page.get_by_role("progressbar", name="All uploads")).to_be_visible()
        _look_at(page, "tray-uploading")
        assert_accessible(page)

        page.get_by_role("button", name=f"Pause {paused.name}").click()
        expect(row(page, paused.name)).to_contain_text("Paused")
        expect(row(page, paused.name)).to_have_attribute("data-finishing", "false")
        stands, moves = _percent(page, paused.name), _percent(page, going.name)
        wait_until(page, lambda: _percent(page, going.name) > moves)
        assert _percent(page, paused.name) == stands

        ids = {each["name"]: each["id"] for each in _kept(page)}
        page.get_by_role("button", name=f"Cancel {cancelled.name}").click()
        expect(row(page, cancelled.name)).to_have_count(0)
        expect(head).to_contain_text(re.compile(r"Uploading 1 file\s*[\d.]+ MB of 30.4 MB"))
        wait_until(page, lambda: sorted(_filenames(page)) == [going.name, paused.name])
        found = page.request.get(f"/api/v1/uploads/{ids[cancelled.name]}").json()
        assert (found["state"], found["uploaded_parts"]) == ("aborted", [])

    expect(row(page, going.name)).to_contain_text("not a video")
    expect(row(page, paused.name)).to_have_attribute("data-state", "paused")
    expect(head).to_contain_text(re.compile(r"Paused 1 file.*[\d.]+ MB of 30.4 MB"))  # what is up still counts
    page.get_by_role("button", name=f"Resume {paused.name}").click()
    expect(row(page, paused.name)).to_contain_text("not a video")


def test_a_screen_reader_hears_of_each_row_that_changed_and_of_no_other(page: Page, big: Path, tmp_path: Path) -> None:
    words = tmp_path / "words.mp4"
    words.write_text("Not a film.")
    gate = Gate(page, let_through=1)
    spoken = _listen(page)
    choose(page, big)
    expect(row(page, big.name)).to_have_attribute("data-state", "uploading")
    page.get_by_role("button", name=f"Pause {big.name}").click()
    gate.let_through = 6
    choose(page, words)
    expect(row(page, words.name)).to_contain_text("not a video")
    sentence = row(page, words.name).locator(".line span").first.inner_text()
    page.get_by_role("button", name=f"Resume {big.name}").click()
    wait_until(page, lambda: len(spoken()) == 4)
    assert spoken() == [
        "holiday.mp4: paused",
        "words.mp4: uploaded",
        f"words.mp4: {sentence}",
        "holiday.mp4: resumed",
    ]


def test_after_a_reload_the_tray_goes_on_with_what_is_processed(
    page: Page, small_bunny: Path, tmp_path: Path, slowed: Callable[[float], None]
) -> None:
    clip = tmp_path / "Long Bunny.mp4"
    clips.ffmpeg("-stream_loop", "3", "-i", str(small_bunny), "-c", "copy", str(clip))
    slowed(1.5)
    choose(page, clip)
    percent = re.compile(r"\d+ %")
    expect(row(page, clip.name)).to_have_attribute("data-state", "processing")
    expect(row(page, clip.name)).to_contain_text(percent)
    page.reload()
    expect(row(page, clip.name)).to_have_attribute("data-state", "processing")
    expect(row(page, clip.name)).to_contain_text(percent)
    expect(page.locator(".tray")).to_contain_text("Processing 1 video")
    expect(row(page, clip.name)).to_have_attribute("data-state", "done", timeout=PATIENCE_SECONDS * 1000)
    page.reload()
    expect(page.locator(".card", has_text="Long Bunny")).to_be_visible()
    expect(page.locator(".tray")).to_have_count(0)


@pytest.mark.console_errors(r"net::ERR_FAILED .*/api/v1/events\)$", r"status of 404 .*/api/v1/videos/[\w-]+\)$")
def test_after_a_reload_the_tray_says_what_ended_meanwhile(page: Page, tmp_path: Path) -> None:
    words, hidden, deleted = (tmp_path / f"{name}.mp4" for name in ("words", "hidden", "deleted"))
    for path in (words, hidden, deleted):
        path.write_text(f"Not a film, but {path.name}.")
    page.route("**/api/v1/events", lambda route: route.abort())  # so the tray never hears how they end
    choose(page, words, hidden, deleted)
    for path in (words, hidden, deleted):
        expect(row(page, path.name)).to_have_attribute("data-state", "processing")
    page.get_by_role("button", name=f"Dismiss {hidden.name}").click()
    video = row(page, deleted.name).get_by_role("link").get_attribute("href")
    wait_until(page, lambda: _statuses(page) == {"failed"})
    assert page.evaluate("path => fetch(`/api/v1${path}`, {method: 'DELETE'}).then(({status}) => status)", video) == 204
    page.reload()
    expect(row(page, words.name)).to_contain_text("not a video")
    expect(page.locator(".tray .row")).to_have_count(1)


def test_the_tray_survives_a_walk_through_the_page(page: Page, big: Path, small_bunny: Path) -> None:
    gate = Gate(page, let_through=1)
    choose(page, big)
    card = page.locator(".card", has_text="holiday")
    card.click()
    expect(page.locator(".title-row")).to_be_visible()
    expect(page.locator(".tray")).to_contain_text("Uploading 1 file")
    page.get_by_role("button", name="Expand uploads").click()
    expect(row(page, big.name)).to_have_attribute("data-state", "uploading")
    page.get_by_role("link", name="Library").click()
    expect(row(page, big.name)).to_have_attribute("data-state", "uploading")
    gate.held.clear()


@pytest.mark.console_errors(r"status of 401 .*/api/v1/events\)$")
def test_the_tray_learns_how_it_ended_after_its_event_stream_was_refused(page: Page, tmp_path: Path) -> None:
    """As after a sleep: the access cookie has expired, and a browser never comes back from a 401 by itself."""
    refusals = iter([401])

    def answer(route: Route) -> None:
        refused = next(refusals, None)
        route.fulfill(status=refused) if refused else route.continue_()

    page.route("**/api/v1/events", answer)
    words = tmp_path / "words.mp4"
    words.write_text("Not a film.")
    choose(page, words)
    expect(row(page, words.name)).to_contain_text("not a video")


def test_a_file_dropped_anywhere_is_uploaded(page: Page, tmp_path: Path) -> None:
    transfer = page.evaluate_handle(
        "() => { const all = new DataTransfer(); all.items.add(new File(['words'], 'dropped.mp4')); return all }"
    )
    page.dispatch_event("body", "dragenter", {"dataTransfer": transfer})
    expect(page.get_by_text("Drop to upload")).to_be_visible()
    page.dispatch_event("body", "drop", {"dataTransfer": transfer})
    expect(page.get_by_text("Drop to upload")).to_have_count(0)
    expect(row(page, "dropped.mp4")).to_contain_text("not a video")


@pytest.mark.console_errors(r"status of 422 .*/api/v1/uploads\)$")
def test_an_empty_file_is_refused_with_a_sentence(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "empty.mp4"
    path.touch()
    choose(page, path)
    expect(row(page, path.name)).to_contain_text("This file is empty")


def _second_tab(page: Page) -> tuple[Page, list[int]]:
    """Another tab of the same browser, and the numbers of the parts that it sends."""
    sent: list[int] = []
    other = page.context.new_page()
    other.on("request", lambda request: sent.append(_number(request)) if _is_part(request) else None)
    other.goto("/")
    expect(other.get_by_role("heading", name="Library")).to_be_visible()
    return other, sent


def _left_unfinished(page: Page, big: Path) -> Gate:
    """Reload the page when two parts are up; then all others may go."""
    gate = Gate(page, let_through=2)
    choose(page, big)
    wait_until(page, lambda: sorted(gate.sent) == [1, 2] and len(gate.held) >= 4)
    page.reload()
    gate.open()
    expect(page.get_by_role("heading", name="Library")).to_be_visible()
    return gate


def _kept(page: Page) -> list[dict[str, Any]]:
    """What the browser keeps of uploads, to go on with them later."""
    kept = "Object.entries(localStorage).filter(([key]) => key.startsWith('mediaproc.uploads.')).map(([, all]) => all)"
    return [each for all_of_one in page.evaluate(kept) for each in json.loads(all_of_one).values()]


def _remembered(page: Page) -> list[str]:
    """The ids of those."""
    return [each["id"] for each in _kept(page)]


def _look_at(page: Page, name: str) -> None:
    """Keep pictures of the tray for somebody to look at."""
    for width, scheme in in_each_look(page):
        screenshot(page, f"{name}-{width}-{scheme}")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.emulate_media(color_scheme="light")


def _percent(page: Page, name: str) -> float:
    return row(page, name).get_by_role("progressbar").evaluate("(bar) => bar.value")


def _delete(page: Page, upload_id: str) -> None:
    status = "id => fetch(`/api/v1/uploads/${id}`, {method: 'DELETE'}).then((answer) => answer.status)"
    assert page.evaluate(status, upload_id) == 204


def _filenames(page: Page) -> list[str]:
    return [each["filename"] for each in page.request.get("/api/v1/videos").json()["items"]]


def _listen(page: Page) -> Callable[[], list[str]]:
    """What is written into the tray's live region from now on, as a screen reader takes it: addition by addition."""
    page.evaluate(
        """() => {
            window.spoken = []
            const heard = (changes) => changes.forEach((each) => each.addedNodes.forEach(
                (node) => window.spoken.push(node.textContent)))
            const region = document.querySelector("[role=log][aria-live=polite]")
            new MutationObserver(heard).observe(region, {childList: true, subtree: true})
        }"""
    )
    return lambda: page.evaluate("window.spoken")


def _statuses(page: Page) -> set[str]:
    return {each["status"] for each in page.request.get("/api/v1/videos").json()["items"]}


def _is_part(request: Request) -> bool:
    return request.method == "PUT" and _PART.search(request.url) is not None


def _number(request: Request) -> int:
    found = _PART.search(request.url)
    assert found is not None
    return int(found.group(1))
