"""The page at `/`: one document that asks the model what an application would, and shows what it answers.

It loads nothing else, so that it opens before an API key is given. The policy that the browser is told names
the digests of its script and style; nothing else may run.
"""

import base64
import hashlib
from collections.abc import Set
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from stages.deploy.families import Served

_FOLDER = Path(__file__).parent
_FORMS = {
    "text": ("/predict", "Text"),
    "image": ("/predict", "Image (PNG or JPEG)"),
    "question": ("/answer", "Question"),
    "prompt": ("/v1/completions", "Beginning"),
}
"""By a key of its requests, where a model is asked, and what the field is called."""


def add(app: FastAPI, model: Served, keys: Set[str]) -> None:
    """Adds the page to `app`.

    Args:
        app: what it is added to.
        model: what answers.
        keys: those that the model's requests may have.
    """
    kind = next(name for name in _FORMS if name in keys)
    path, label = _FORMS[kind]
    script, style = ((_FOLDER / name).read_text(encoding="utf-8") for name in ("page.js", "page.css"))
    templates = Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    document = templates.get_template("page.html.j2").render(
        kind=kind, path=path, label=label, name=model.name, version=model.version, script=script, style=style
    )
    policy = (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; "
        "connect-src 'self'; img-src blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )

    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    async def page() -> HTMLResponse:
        return HTMLResponse(document, headers={"content-security-policy": policy})


def _digest(content: str) -> str:
    """As a browser compares it (CSP level 3, section 6.7.3)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
