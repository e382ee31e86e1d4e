"""Base of all models: immutable, and open to fields that a newer server adds."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """A value from the API. Fields that this version of the client doesn't know are in `model_extra`.

    Words such as a status are typed as their known values `| str`: a newer server may send others.
    """

    model_config = ConfigDict(extra="allow", frozen=True)


class ErrorDetail(Model):
    """Reason of a failure. `code` is stable and for programs, `detail` is for people."""

    code: str
    detail: str
