"""First error of a form, brought into view."""

from __future__ import annotations

import reflex as rx


class FirstError(rx.Component):
    """Stands in the form, beside its button. `refusals` counts how often the form was refused since it was opened."""

    library = rx.asset("first_error.jsx", shared=True).importable_path
    tag = "FirstError"

    refusals: rx.Var[int]


first_error = FirstError.create
