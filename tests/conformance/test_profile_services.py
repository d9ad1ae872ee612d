"""Services of the profile: a harness signs the test citizen in with what it was told, and no wallet."""

import ssl
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from sinwon.conformance.command import Serving
from sinwon.conformance.services import METHODS
from sinwon.core.strict_json import parse_json
from tests.conformance.test_credential_content import decoded


@pytest.fixture
def browser(authority: Path) -> Iterator[httpx2.Client]:
    with httpx2.Client(verify=ssl.create_default_context(cafile=str(authority)), trust_env=False) as client:
        yield client


@pytest.mark.parametrize("name", METHODS)
def test_C75_what_a_harness_is_told_works(served: Serving, browser: httpx2.Client, name: str) -> None:
    """Each service of the profile signs the test citizen in by the button, without PKCE, and gets an ID token by RS256."""
    told, provider = served.identifiers["services"][name], served.config.gateway.origin
    (back,) = told["redirect_uris"]
    sent = {"response_type": "code", "client_id": name, "redirect_uri": back, "scope": "openid profile", "nonce": "n-1"}
    page = browser.get(f"{provider}/authorize", params=sent).headers["location"].partition("?")[0]
    assert 'id="login-simulate"' in browser.get(page).text
    onward = browser.post(f"{page}/simulate", headers={"Origin": provider}).headers["location"]
    (code,) = parse_qs(urlsplit(onward).query)["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back}
    if told["token_endpoint_auth_method"] == "client_secret_basic":
        browser.auth = (name, told["client_secret"])
    else:
        form |= {"client_id": name, "client_secret": told["client_secret"]}
    answer = browser.post(f"{provider}/token", data=form)
    assert answer.status_code == 200, answer.text
    header = parse_json(decoded(answer.json()["id_token"].partition(".")[0]))
    published = browser.get(f"{provider}/jwks").json()["keys"]
    assert (header["alg"], header["kid"] in {key["kid"] for key in published}) == ("RS256", True)
