"""`/api/v1/auth`: registration, sign-in, token refresh and sign-out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from mediaproc.api import cookies, dependencies, sign_in
from mediaproc.api.client_ip import client_address
from mediaproc.api.dependencies import AccessCookie, BearerToken, RefreshCookie, SignedIn
from mediaproc.api.problems import documented
from mediaproc.database import transaction
from mediaproc.domain.errors import RefreshRejected
from mediaproc.operations import accounts
from mediaproc.operations.accounts import SignIn
from mediaproc.operations.rate_limits import sign_ins

router = APIRouter(prefix="/auth", tags=["accounts"])


class Credentials(BaseModel):
    """Request body: an email address and a password."""

    email: str = Field(max_length=320, examples=["ada@example.com"])
    password: str = Field(description="10 to 1,024 characters.", examples=["correct horse battery"])


class RefreshBody(BaseModel):
    """Request body: a refresh token, for programs without cookies."""

    refresh_token: str = Field(max_length=200)


class UserView(BaseModel):
    """A user account."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    email: str
    created_at: datetime


class SignInView(BaseModel):
    """A sign-in. The refresh token is set as the HttpOnly cookie `mp_refresh`, so that page scripts can't read it."""

    user: UserView
    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105  # a kind, no secret
    expires_in: int = Field(description="Lifetime of the access token, in seconds.")
    refresh_token: str | None = Field(None, description="Present only if the old token came in the body.")


@router.post(
    "/register",
    operation_id="register",
    status_code=201,
    responses=documented(403, 409, 422, 429),
    dependencies=[Depends(dependencies.reject_other_origin)],
    response_model_exclude_none=True,
)
async def register(body: Credentials, request: Request, response: Response) -> SignInView:
    """Create an account with a personal team, and sign in. 409 `email_taken` if the address is already registered."""
    return _signed_in(response, await sign_in.register(request, email=body.email, password=body.password))


@router.post(
    "/login",
    operation_id="login",
    responses=documented(401, 403, 422, 429),
    dependencies=[Depends(dependencies.reject_other_origin)],
    response_model_exclude_none=True,
)
async def login(body: Credentials, request: Request, response: Response) -> SignInView:
    """Sign in. An unknown email and a wrong password give the same answer, `wrong_credentials`."""
    return _signed_in(response, await sign_in.sign_in(request, email=body.email, password=body.password))


@router.post(
    "/refresh",
    operation_id="refresh_session",
    responses=documented(401, 403, 422, 429),
    response_model_exclude_none=True,
)
def refresh(
    request: Request,
    response: Response,
    cookie: RefreshCookie = None,
    body: Annotated[RefreshBody | None, Body()] = None,
) -> SignInView:
    """Exchange a refresh token, from the cookie or the body, for new tokens. Reusing a token ends the session."""
    if body is None:
        dependencies.require_our_origin(request) if cookie else dependencies.reject_other_origin(request)
    token = body.refresh_token if body else cookie
    if not token:
        raise RefreshRejected
    sign_ins.count_arrival("refresh", client_address=client_address(request.scope))
    with transaction() as session:
        done = accounts.refresh(session, refresh_token=token)
    return _signed_in(response, done, show_refresh_token=body is not None)


@router.post("/logout", operation_id="logout", status_code=204, responses=documented(403))
def logout(
    request: Request, bearer: BearerToken, access: AccessCookie, response: Response, refresh: RefreshCookie = None
) -> None:
    """End the session and clear its cookies. Succeeds if there is no session."""
    if bearer is None and (access or refresh):
        dependencies.require_our_origin(request)
    with transaction() as session:
        accounts.sign_out_by_tokens(
            session,
            access_token=bearer.credentials if bearer else access,
            refresh_token=None if bearer else refresh,
        )
    cookies.take(response)


@router.get("/me", operation_id="get_current_user", responses=documented(401, 403))
def me(principal: SignedIn) -> UserView:
    """Get the signed-in user."""
    with transaction() as session:
        return UserView.model_validate(accounts.user_of(session, principal))


def _signed_in(response: Response, done: SignIn, *, show_refresh_token: bool = False) -> SignInView:
    cookies.give(response, done)
    return SignInView(
        user=UserView.model_validate(done.user),
        access_token=done.access_token,
        expires_in=done.expires_in,
        refresh_token=done.refresh_token if show_refresh_token else None,
    )
