"""The composition root: pages, API and event hub become one ASGI app on one port."""

from __future__ import annotations

import reflex as rx

from mediaproc import routes, styles

app = rx.App(stylesheets=styles.STYLESHEETS, html_lang="en")
app.add_page(lambda: rx.heading("Mediaproc"), route=routes.LIBRARY, title="Library")
