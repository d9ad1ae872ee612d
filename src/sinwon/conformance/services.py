"""The services a harness plays at the OpenID Connect provider, and the person it signs in as without a wallet.

They belong to a live service of the catalogue. Secrets are made once in the folder and told to the harness.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from sinwon.conformance.citizen import citizen
from sinwon.conformance.plan import SERVICE, Harness, for_its_owner
from sinwon.core.clock import utc
from sinwon.core.ids import new_secret
from sinwon.formats.jose.rs256 import RS256
from sinwon.protocols.credential_types import IDENTITY_TYPE
from sinwon.protocols.trust.catalogue import Mission
from sinwon.services.issuance.claims import claims_of
from sinwon.services.presentation.gateway import Gateway, SimulatedPerson
from sinwon.services.sign_in.register_client import Registration, register_client

METHODS: Final[Mapping[str, str]] = {
    "conf-rp-1": "client_secret_basic",
    "conf-rp-2": "client_secret_basic",
    "conf-rp-3": "client_secret_post",
}
PERSON_ID: Final = "conformance-citizen"
MISSION: Final = Mission(
    "m-xx-conformance", "xx-conformance", "시험 공관", "Test mission", "embassy", "US", "americas", "UTC", date(2024, 7, 3)
)
"""Of no catalogue: who signs in without a wallet was at none."""


@dataclass(frozen=True, slots=True)
class Services:
    registrations: tuple[Registration, ...]

    @property
    def described(self) -> dict[str, Any]:
        """What the harness must be given."""
        return {
            "services": {
                one.client_id: {
                    "client_secret": one.secret,
                    "redirect_uris": list(one.redirect_uris),
                    "token_endpoint_auth_method": one.auth_method,
                    "id_token_signed_response_alg": one.id_token_alg,
                }
                for one in self.registrations
            }
        }


def found_services(gateway: Gateway, folder: Path, harness: Harness) -> Services:
    """All of one sector, without PKCE where they like: what the harness sends, it sends in both ways."""
    made = [
        Registration(
            name,
            SERVICE,
            (harness.callback,),
            _secret(gateway, folder / f"{name}.secret"),
            "conformance",
            RS256,
            method,
            pkce=False,
        )
        for name, method in METHODS.items()
    ]
    return Services(tuple(made))


def register(gateway: Gateway, services: Services) -> None:
    """Needs the trust role to be up. Raises Unmet where the folder knows them otherwise."""
    for registration in services.registrations:
        register_client(gateway, registration)


def simulated(gateway: Gateway, issuer: str) -> SimulatedPerson:
    """The test citizen, as a certificate of theirs would show them."""
    now = gateway.clock()
    claims = claims_of(IDENTITY_TYPE, citizen(MISSION, utc(now).date()), PERSON_ID, now=now)
    return SimulatedPerson(issuer, PERSON_ID, "L2", claims)


def _secret(gateway: Gateway, path: Path) -> str:
    if not path.exists():
        with open(path, "x", encoding="ascii", opener=for_its_owner) as file:
            file.write(new_secret(gateway.random))
    return path.read_text(encoding="ascii")
