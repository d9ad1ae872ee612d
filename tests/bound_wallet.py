"""A wallet whose tokens are bound to its key, step by step through the issuer's HTTP doors; tests can spoil its proofs."""

from dataclasses import dataclass, field
from typing import Any

import httpx2

from sinwon.core.ids import new_id
from sinwon.formats.jose.jws import sign_jws
from sinwon.keys.signer import Signer
from sinwon.keys.software import generate_key
from sinwon.protocols.oauth.dpop import TYP, token_hash
from sinwon.protocols.oauth.grants.pre_authorized import GRANT_TYPE as PRE_AUTHORIZED
from sinwon.protocols.oauth.grants.refresh_token import GRANT_TYPE as REFRESH
from sinwon.protocols.vci.configurations import IDENTITY_SD_JWT
from tests import world
from tests.issuing import PIN, Issuing

Headers = list[tuple[str, str]]


@dataclass
class BoundWallet:
    """One device with its key."""

    issuing: Issuing
    signer: Signer = field(default_factory=generate_key)

    def proof(self, path: str, token: str | None = None, *, signer: Signer | None = None, **changes: Any) -> str:
        """A valid proof for a POST to `path`, or one with header (`h_…`) or claims changed; None takes a member away."""
        by = self.signer if signer is None else signer
        header: dict[str, Any] = {"typ": TYP, "jwk": dict(by.public_jwk)}
        claims: dict[str, Any] = {
            "jti": new_id(self.issuing.issuer.random),
            "htm": "POST",
            "htu": world.ISSUER + path,
            "iat": self.issuing.clock.now,
            "ath": None if token is None else token_hash(token),
        }
        for name, value in changes.items():
            part = header if name.startswith("h_") else claims
            part[name.removeprefix("h_")] = value
        present = [{name: value for name, value in part.items() if value is not None} for part in (header, claims)]
        return sign_jws(present[0], present[1], by)

    def redeem(self, code: str, *, proof: str | None = None) -> httpx2.Response:
        form = {"grant_type": PRE_AUTHORIZED, "pre-authorized_code": code, "tx_code": PIN}
        return self.token(form, [("DPoP", self.proof("/token") if proof is None else proof)])

    def refresh(self, refresh_token: str, *, proof: str | None = None, **more: str) -> httpx2.Response:
        form = {"grant_type": REFRESH, "refresh_token": refresh_token, **more}
        return self.token(form, [("DPoP", self.proof("/token") if proof is None else proof)])

    def token(self, form: dict[str, str], headers: Headers) -> httpx2.Response:
        return self.issuing.client.post("/token", data=form, headers=headers)

    def start(self) -> dict[str, Any]:
        """The token response for a new offer."""
        answer = self.redeem(self.issuing.new_code())
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def request(self, token: str, *proofs: str, count: int = 1, scheme: str = "DPoP", **more: Any) -> httpx2.Response:
        """Asks for copies with these DPoP proofs, a valid one if none is given."""
        configuration = more.pop("configuration", IDENTITY_SD_JWT)
        body = {"credential_configuration_id": configuration, "proofs": {"jwt": self.issuing.proofs(count)}}
        headers = self.headers("/credential", token, *proofs, scheme=scheme)
        return self.issuing.client.post("/credential", json=body, headers=headers, **more)

    def headers(self, path: str, token: str, *proofs: str, scheme: str = "DPoP") -> Headers:
        sent = proofs or (self.proof(path, token),)
        return [("Authorization", f"{scheme} {token}"), *(("DPoP", proof) for proof in sent)]
