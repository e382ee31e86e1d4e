"""Registration and sign-in, shared by the API and the web app's forms.

bcrypt takes a quarter of a second of CPU. It runs without a database connection and on a few threads of its own, so
that simultaneous sign-ins wait for each other and delay nobody else.
"""

from __future__ import annotations

from functools import partial

import anyio
from anyio import to_thread
from fastapi import Request

from mediaproc.api.client_ip import client_address
from mediaproc.database import transaction
from mediaproc.operations import accounts
from mediaproc.operations.accounts import SignIn
from mediaproc.operations.rate_limits import sign_ins
from mediaproc.settings import available_cores

_hashing = anyio.CapacityLimiter(max(2, available_cores()))


async def register(request: Request, *, email: str, password: str) -> SignIn:
    """Create an account and sign in. Raises Invalid, EmailTaken and TooManyRequests."""
    return await to_thread.run_sync(partial(_register, request, email, password), limiter=_hashing)


async def sign_in(request: Request, *, email: str, password: str) -> SignIn:
    """Sign in. Raises WrongCredentials and TooManyRequests."""
    return await to_thread.run_sync(partial(_sign_in, request, email, password), limiter=_hashing)


def agent_of(request: Request) -> str:
    """The User-Agent header, or an empty string."""
    return request.headers.get("User-Agent", "")


def _register(request: Request, email: str, password: str) -> SignIn:
    sign_ins.count_arrival("register", client_address=client_address(request.scope))
    user = accounts.new_user(email=email, password=password)
    with transaction() as session:
        return accounts.register(session, user, user_agent=agent_of(request))


def _sign_in(request: Request, email: str, password: str) -> SignIn:
    address = client_address(request.scope)
    sign_ins.count_arrival("sign-in", client_address=address)
    sign_ins.count_try(email=accounts.one_form_of(email), client_address=address)
    with transaction() as session:
        user = accounts.user_with(session, email=email)
    user = accounts.check_password(user, password)
    sign_ins.forgive(email=user.email, client_address=address)
    with transaction() as session:
        return accounts.sign_in(session, user, user_agent=agent_of(request))
