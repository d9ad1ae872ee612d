"""Judging what an authentic request asks (OpenID4VP 1.0 §5.10, §6, §8.5) and what the person is shown before anything leaves.

The certificate names the service, the signed catalogue says what that service may ask: nothing beyond one of its presets is
ever disclosed, whatever the request says. Names, purpose, retention and legal basis come from the catalogue, never from the
request. A certificate that is not there looks to the verifier exactly like a person who said no.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sinwon.core.refusal import Malformed, Refusal, Unmet, Untrusted
from sinwon.core.text import shown
from sinwon.formats.dcql.match import Candidate, Matches, match_query
from sinwon.formats.dcql.path import ClaimPath, find
from sinwon.formats.dcql.query import CredentialQuery, Query, parse_query
from sinwon.formats.jose.jwe import ENC_VALUES
from sinwon.formats.sdjwt.names import SD_JWT_VC
from sinwon.holder.copies import Offered
from sinwon.holder.request import AuthenticRequest
from sinwon.keys.jwk import parse_public_jwk
from sinwon.protocols.credential_types import PERSON_ID
from sinwon.protocols.trust.catalogue import Catalogue, Preset, Service

SERVICE_URI: Final = "urn:sinwon:service:"
PREFERRED_ENC: Final = tuple(reversed(ENC_VALUES))  # A256GCM first [HAIP 5]
DEFAULT_ENC: Final = ("A128GCM",)  # [OID4VP 5.1]
MAX_KEYS: Final = 16

UNKNOWN_SERVICE: Final = "unknown_service"
NOT_LIVE: Final = "service_not_live"
OVER_ASKING: Final = "over_asking"
UNREADABLE: Final = "unreadable_request"
NO_CERTIFICATE: Final = "no_certificate"
DECLINED: Final = "declined"


class NotAnswered(Refusal):
    """We do not answer: `code` is for the verifier, `reason` (one of the above) for the holder."""

    def __init__(self, code: str, why: str, reason: str) -> None:
        super().__init__(code, why)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class AskedClaim:
    """One claim as the person sees it. `value` is None when no certificate here holds it."""

    path: ClaimPath
    required: bool
    value: Any

    @property
    def name(self) -> str:
        return ".".join(str(part) for part in self.path)


@dataclass(frozen=True, slots=True)
class ConsentRequest:
    """What the person decides on. All names and texts are the catalogue's."""

    service: Service
    preset: Preset
    name_ko: str
    name_en: str
    claims: tuple[AskedClaim, ...]
    available: bool
    """False: no certificate here can answer. The person is told; the verifier cannot tell this from a no."""


@dataclass(frozen=True, slots=True)
class ResponseKey:
    """How the answer is encrypted."""

    jwk: Mapping[str, Any]
    enc: str


@dataclass(frozen=True, slots=True)
class Ask:
    """An acceptable question: the consent to be asked for, and what an answer needs."""

    request: AuthenticRequest
    consent: ConsentRequest
    query: Query
    matches: Matches | None
    offered: tuple[Offered, ...]
    response_key: ResponseKey


def find_service(request: AuthenticRequest, catalogue: Catalogue, now: int) -> Service:
    """The live service the access certificate speaks for. Raises NotAnswered."""
    ids = {uri.removeprefix(SERVICE_URI) for uri in request.chain.uris if uri.startswith(SERVICE_URI)}
    service = catalogue.service(next(iter(ids))) if len(ids) == 1 else None
    if service is None:
        raise NotAnswered("invalid_client", "the certificate names no service of the catalogue", UNKNOWN_SERVICE)
    if not service.is_live(now):
        raise NotAnswered("invalid_client", "the service is not live", NOT_LIVE)
    return service


def judge_request(
    request: AuthenticRequest, service: Service, catalogue: Catalogue, offered: tuple[Offered, ...], key: ResponseKey
) -> Ask:
    """Raises NotAnswered."""
    # 1 nothing in it that we would have to understand [OID4VP 5.1]
    if request.claims.transaction_data is not None:
        raise NotAnswered("invalid_transaction_data", "transaction data is not supported", UNREADABLE)
    # 2 formats and algorithms we have [OID4VP 11.1]
    _check_formats(request.claims.client_metadata)
    # 3 one well-formed query [OID4VP 5.1, 6]
    query = _query(request)
    # 4 within one preset of the service [P]
    paths = asked_paths(query)
    preset = find_preset(service, catalogue, paths)
    # 5 what we could answer [OID4VP 6.4]
    matches = _matches(query, offered)
    consent = _consent(service, preset, query, matches)
    return Ask(request, consent, query, matches, offered, key)


def choose_response_key(metadata: Mapping[str, Any]) -> ResponseKey:
    """A usable key and content encryption; unusable keys are passed over (OpenID4VP 1.0 §8.3). Raises NotAnswered."""
    keys = _usable_keys(metadata.get("jwks"))
    offered = metadata.get("encrypted_response_enc_values_supported", DEFAULT_ENC)
    enc = next((name for name in PREFERRED_ENC if isinstance(offered, list | tuple) and name in offered), None)
    if not keys or enc is None:
        raise NotAnswered("invalid_request", "no usable response key or encryption", UNREADABLE)
    return ResponseKey(keys[0], enc)


def asked_paths(query: Query) -> frozenset[ClaimPath]:
    """Every claim of the query but the person's opaque name, which stands for the pairwise identifier of each preset."""
    return frozenset(claim.path for credential in query.credentials for claim in credential.claims) - {(PERSON_ID,)}


def find_preset(service: Service, catalogue: Catalogue, paths: frozenset[ClaimPath]) -> Preset:
    """The narrowest preset of the service that covers all of `paths`. Raises NotAnswered."""
    presets = [preset for name in service.presets if (preset := catalogue.preset(name)) is not None]
    covering = [preset for preset in presets if paths <= _covered(preset)]
    if not covering:
        raise NotAnswered("access_denied", "asks for more than any preset of the service allows", OVER_ASKING)
    return min(covering, key=lambda preset: len(_covered(preset)))


def split_claims(query: CredentialQuery) -> tuple[tuple[ClaimPath, ...], tuple[ClaimPath, ...]]:
    """The claims that every claim set wants, and the others: what is required, and what a person may leave out."""
    sets = [{claim.path for claim in choice} for choice in query.choices]
    common = set.intersection(*sets)
    paths = [claim.path for claim in query.claims if any(claim.path in one for one in sets)]
    return tuple(path for path in paths if path in common), tuple(path for path in paths if path not in common)


def _covered(preset: Preset) -> frozenset[ClaimPath]:
    return frozenset(tuple(name.split(".")) for name in (*preset.required, *preset.optional))


def _query(request: AuthenticRequest) -> Query:
    if request.claims.dcql_query is None or request.claims.scope is not None:
        raise NotAnswered("invalid_request", "not exactly a DCQL query", UNREADABLE)
    try:
        return parse_query(request.claims.dcql_query)
    except Malformed as refusal:
        raise NotAnswered("invalid_request", refusal.why, UNREADABLE) from None


def _matches(query: Query, offered: Iterable[Offered]) -> Matches | None:
    try:
        return match_query(query, [one.held for one in offered])
    except Unmet:
        return None


def _consent(service: Service, preset: Preset, query: Query, matches: Matches | None) -> ConsentRequest:
    claims: dict[ClaimPath, AskedClaim] = {}
    for credential in query.credentials:
        candidates = matches.candidates.get(credential.id, ()) if matches is not None else ()
        for claim in _asked(credential, candidates):
            claims.setdefault(claim.path, claim)
    claims.pop((PERSON_ID,), None)
    return ConsentRequest(
        service, preset, shown(service.name_ko), shown(service.name_en), tuple(claims.values()), matches is not None
    )


def _asked(query: CredentialQuery, candidates: tuple[Candidate, ...]) -> list[AskedClaim]:
    held = candidates[0].held.claims if candidates else {}
    required, optional = split_claims(query)
    claims = [AskedClaim(path, True, _value(held, path)) for path in required]
    return claims + [AskedClaim(path, False, _value(held, path)) for path in optional if find(held, path) or not candidates]


def _value(claims: Mapping[str, Any], path: ClaimPath) -> Any:
    found = find(claims, path)
    return found[0] if len(found) == 1 else (found or None)


def _check_formats(metadata: Mapping[str, Any]) -> None:
    formats = metadata.get("vp_formats_supported")
    offered = formats.get(SD_JWT_VC) if isinstance(formats, dict) else None
    if not isinstance(offered, dict):
        raise NotAnswered("vp_formats_not_supported", "the verifier takes no SD-JWT VC", UNREADABLE)
    for name in ("sd-jwt_alg_values", "kb-jwt_alg_values"):
        values = offered.get(name, ["ES256"])
        if not isinstance(values, list) or "ES256" not in values:
            raise NotAnswered("vp_formats_not_supported", "the verifier takes no ES256", UNREADABLE)


def _usable_keys(jwks: object) -> list[Mapping[str, Any]]:
    keys = jwks.get("keys") if isinstance(jwks, dict) else None
    if not isinstance(keys, list) or len(keys) > MAX_KEYS:
        return []
    names = [key.get("kid") for key in keys if isinstance(key, dict)]
    return [key for key in keys if isinstance(key, dict) and names.count(key.get("kid")) == 1 and _is_usable(key)]


def _is_usable(key: Mapping[str, Any]) -> bool:
    if key.get("alg") != "ECDH-ES" or key.get("use", "enc") != "enc" or not isinstance(key.get("kid", ""), str):
        return False
    try:
        parse_public_jwk(key)
    except (Malformed, Untrusted):
        return False
    return True
