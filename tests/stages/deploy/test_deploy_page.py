"""The page: one document that loads nothing, asks where its model is asked, and runs its own script alone."""

import base64
import hashlib
import re
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from stages.deploy import page
from stages.deploy.families import Served
from stages.deploy.model import open_bundle
from stages.deploy.server import create_app
from stages.params.serve import Serve


@pytest.fixture(scope="module")
def model(request: pytest.FixtureRequest) -> Served:
    return open_bundle(request.getfixturevalue("built"))


def test_only_its_own_script_and_style_may_run(model: Served):
    reply = TestClient(create_app(model, Serve())).get("/")
    policy = reply.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    for name in ("script", "style"):
        (content,) = re.findall(rf"<{name}>(.*?)</{name}>", reply.text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy


def test_it_loads_nothing_and_says_what_answers(model: Served):
    text = TestClient(create_app(model, Serve())).get("/").text
    assert not re.search(r"\b(src|href)=|@import|url\(|https?:", text)
    assert f"<h1>{model.name}</h1>" in text
    assert model.version in text


@pytest.mark.parametrize(
    ("keys", "path", "field"),
    [
        ({"text", "texts"}, "/predict", "<textarea"),
        ({"image", "images"}, "/predict", 'type="file"'),
        ({"question", "context"}, "/answer", 'id="context"'),
        ({"model", "prompt", "stop"}, "/v1/completions", "<textarea"),
    ],
)
def test_each_family_has_its_form(keys: set[str], path: str, field: str, model: Served):
    app = FastAPI()
    page.add(app, model, keys)
    text = TestClient(app).get("/").text
    assert f'data-path="{path}"' in text
    assert field in text
    assert text.count("<label") == text.count(" id=") - text.count("<form") - sum(
        f'id="{name}"' in text for name in ("answer", "locked", "shown")
    )


def test_what_is_answered_is_never_taken_for_markup():
    script = (Path(page.__file__).parent / "page.js").read_text()
    assert "innerHTML" not in script
    assert "insertAdjacent" not in script
