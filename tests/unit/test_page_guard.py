"""Page guard: pages need a session unless their route is public."""

from __future__ import annotations

from typing import Any, cast

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from mediaproc import app as composition
from mediaproc import routes
from mediaproc.api.middleware.page_guard import PageGuard

VIDEO = "/videos/01a20b9c-721e-719f-af91-dc4e70d950db"


def page(_request: Request) -> Response:
    return HTMLResponse("<p>A page")


def cached_page(_request: Request) -> Response:
    return Response(status_code=304)


def file(_request: Request) -> Response:
    return PlainTextResponse("a file")


@pytest.fixture(scope="module")
def visitor() -> TestClient:
    """A client of an app with one page more than the product, `/reports`, of which no other file knows."""
    paths = {
        page: ["/", "/reports", "/reports/", "/jobs", "/jobs/index.html", VIDEO, "/settings/presets", *routes.PUBLIC],
        cached_page: ["/reports/cached"],
        file: ["/assets/x.js", "/livez", "/_event", f"{VIDEO}/events"],
    }
    app = Starlette(routes=[Route(path, handler) for handler, all in paths.items() for path in all])
    return TestClient(PageGuard(app), follow_redirects=False)


@pytest.mark.parametrize(
    ("path", "cookies", "location"),
    [
        ("/", {}, "/sign-in"),
        ("/", {"mp_refresh": "r"}, "/renew"),
        (VIDEO, {}, f"/sign-in?next={VIDEO}"),
        (f"{VIDEO}?t=3", {"mp_refresh": "r"}, f"/renew?next={VIDEO}%3Ft%3D3"),
        ("/jobs", {}, "/sign-in?next=/jobs"),
        ("/jobs/index.html", {}, "/sign-in?next=/jobs/index.html"),
        ("/settings/presets", {}, "/sign-in?next=/settings/presets"),
    ],
)
def test_a_page_redirects_a_visitor_without_a_session(
    visitor: TestClient, path: str, cookies: dict[str, str], location: str
) -> None:
    visitor.cookies = cookies
    answer = visitor.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, location)
    assert "A page" not in answer.text


@pytest.mark.parametrize("path", ["/reports", "/reports/", "/reports/cached"])
def test_a_new_page_is_guarded(visitor: TestClient, path: str) -> None:
    visitor.cookies = {}
    assert visitor.get(path).headers["location"] == f"/sign-in?next={path}"
    assert visitor.head(path).status_code == 303


@pytest.mark.parametrize(
    ("path", "status"),
    [*((route, 200) for route in sorted(routes.PUBLIC)), ("/assets/x.js", 200), ("/livez", 200), ("/_event", 200),
     (f"{VIDEO}/events", 200), ("/nowhere", 404)],
)  # fmt: skip
def test_public_pages_and_files_and_unknown_addresses_are_not_guarded(
    visitor: TestClient, path: str, status: int
) -> None:
    visitor.cookies = {}
    assert visitor.get(path).status_code == status


@pytest.mark.parametrize("path", ["/", "/reports", VIDEO])
def test_with_a_session_every_page_is_served(visitor: TestClient, path: str) -> None:
    visitor.cookies = {"mp_access": "a", "mp_refresh": "r"}
    assert "A page" in visitor.get(path).text


def test_the_product_is_guarded() -> None:
    transformers = cast(list[Any], composition.app.api_transformer)
    assert PageGuard in transformers
