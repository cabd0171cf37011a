"""The launcher: the dashboard as an ASGI application, with /healthz and a warm start.

`streamlit run app.py`, `uvicorn app:app` and `python app.py` all serve it. No page code here.
"""

from __future__ import annotations

import streamlit as st

from governance.ui import server

app = st.App(
    server.SHELL,
    lifespan=server.lifespan,
    routes=server.ROUTES,
    on_script_error=server.unexpected,
)

if __name__ == "__main__":
    app.run()
