"""Judging what an authentic request asks (OpenID4VP 1.0 §5.10, §6, §8.5) and what the person is shown before anything leaves.

The certificate names the service, the signed catalogue says what that service may ask: nothing beyond one of its presets is
ever disclosed, whatever the request says. Names, purpose, retention and legal basis come from the catalogue, never from the
request. A certificate that is not there looks to the verifier exactly like a person who said no.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from sinwon.core.refusal import Malformed, Refusal, Unmet, Untrusted
from sinwon.core.text import shown
from sinwon.formats.cose.names import SIGNING
from sinwon.formats.dcql.match import Candidate, Matches, match_query
from sinwon.formats.dcql.path import ClaimPath, find
from sinwon.formats.dcql.query import CredentialQuery, Query, parse_query
from sinwon.formats.jose.jwe import ENC_VALUES
from sinwon.formats.mdoc.names import MDOC
from sinwon.formats.sdjwt.names import KEY_ASSURANCE, SD_JWT_VC
from sinwon.holder.copies import Offered
from sinwon.holder.request import AuthenticRequest, Claims
from sinwon.holder.strangers import UNREGISTERED, asks_for_linkage, stranger
from sinwon.holder.verifiers import Verifiers
from sinwon.keys.jwk import parse_public_jwk
from sinwon.protocols.credential_types import OF_DOCTYPE, PERSON_ID
from sinwon.protocols.elements import from_elements
from sinwon.protocols.trust.catalogue import Catalogue, Preset, Service

SERVICE_URI: Final = "urn:sinwon:service:"
PREFERRED_ENC: Final = tuple(reversed(ENC_VALUES))  # A256GCM first [HAIP 5]
DEFAULT_ENC: Final = ("A128GCM",)  # [OID4VP 5.1]
MAX_KEYS: Final = 16
ALGORITHMS: Final[Mapping[str, tuple[tuple[str, ...], frozenset[object]]]] = {
    SD_JWT_VC: (("sd-jwt_alg_values", "kb-jwt_alg_values"), frozenset({"ES256"})),
    MDOC: (("issuerauth_alg_values", "deviceauth_alg_values"), frozenset(SIGNING)),
}
"""By format, the names under which a verifier lists algorithms, and those of ours."""
STRONG: Final = "L3"
NOT_SHOWN: Final = frozenset({PERSON_ID, KEY_ASSURANCE})
"""What a person is not asked about: the name that stands for the pairwise identifier, and what is known of the key."""
Choices = tuple[tuple[ClaimPath, ...], ...]
Options = tuple[tuple[str, ...], ...]

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
    registered: bool = True
    """False: the verifier is in no catalogue. Its name is the one proven, nothing is known of its purpose, and nobody limits
    what it asks for but the person."""


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
    response_key: ResponseKey | None
    """None: the answer is sent in the clear."""


def find_service(request: AuthenticRequest, catalogue: Catalogue, verifiers: Verifiers, now: int) -> Service:
    """The live service the access certificate speaks for, or a stranger whom this wallet may answer. Raises NotAnswered."""
    chain = request.client.chain
    uris = chain.uris if chain is not None else ()
    ids = {uri.removeprefix(SERVICE_URI) for uri in uris if uri.startswith(SERVICE_URI)}
    service = catalogue.service(next(iter(ids))) if len(ids) == 1 else None
    if service is None and (verifiers.certified or chain is None):
        return stranger(request.client)
    if service is None:
        raise NotAnswered("invalid_client", "the certificate names no service of the catalogue", UNKNOWN_SERVICE)
    if not service.is_live(now):
        raise NotAnswered("invalid_client", "the service is not live", NOT_LIVE)
    return service


def judge_request(
    request: AuthenticRequest, service: Service, catalogue: Catalogue, offered: tuple[Offered, ...], key: ResponseKey | None
) -> Ask:
    """Raises NotAnswered."""
    # 1 formats and algorithms we have [OID4VP 11.1]
    taken = taken_formats(request.claims.client_metadata)
    # 2 one well-formed query [OID4VP 5.1, 6]
    query = _query(request)
    _check_unbound(request.claims, query)
    if taken.isdisjoint(credential.format for credential in query.credentials):
        raise NotAnswered("vp_formats_not_supported", "no format asked for is one that the verifier takes", UNREADABLE)
    # 3 within one preset of the service [P]
    registered = catalogue.service(service.id) is not None
    preset = _preset(service, catalogue, query) if registered else _unregistered(query)
    # 4 what we could answer, at L3 with attested keys only [OID4VP 6.4; decision 17]
    usable = tuple(one for one in offered if one.copy.format in taken and (one.copy.attested or preset.level != STRONG))
    matches = _matches(query, usable)
    consent = _consent(service, preset, query, matches, registered=registered)
    return Ask(request, consent, query, matches, usable, key)


def _preset(service: Service, catalogue: Catalogue, query: Query) -> Preset:
    return find_preset(service, catalogue, asked_paths(query), strong=asks_for_assurance(query))


def _unregistered(query: Query) -> Preset:
    if asks_for_linkage(query):
        raise NotAnswered("access_denied", "asks for the resident number without a registration", OVER_ASKING)
    return UNREGISTERED


def _check_unbound(claims: Claims, query: Query) -> None:
    """What must be so where a credential is asked for without proof of whose it is, and for what would have to be understood
    and is not (OpenID4VP 1.0 §5.1, §5.3, §8.4). Raises NotAnswered."""
    unbound = not all(credential.require_holder_binding for credential in query.credentials)
    if unbound and (claims.state is None or claims.transaction_data is not None):
        raise NotAnswered("invalid_request", "without holder binding: no state, or data of a transaction", UNREADABLE)
    if claims.transaction_data is not None:
        raise NotAnswered("invalid_transaction_data", "transaction data is not supported", UNREADABLE)


def choose_response_key(metadata: Mapping[str, Any]) -> ResponseKey:
    """A usable key and content encryption; unusable keys are passed over (OpenID4VP 1.0 §8.3). Raises NotAnswered."""
    keys = _usable_keys(metadata.get("jwks"))
    offered = metadata.get("encrypted_response_enc_values_supported", DEFAULT_ENC)
    enc = next((name for name in PREFERRED_ENC if isinstance(offered, list | tuple) and name in offered), None)
    if not keys or enc is None:
        raise NotAnswered("invalid_request", "no usable response key or encryption", UNREADABLE)
    return ResponseKey(keys[0], enc)


def asked_paths(query: Query) -> frozenset[ClaimPath]:
    """Every claim of the query by its name in the catalogue, in whatever format it is asked for, but what is always visible
    and says nothing of the person: about the key."""
    claims = ((credential, claim.path) for credential in query.credentials for claim in credential.claims)
    return frozenset(named(credential, path) for credential, path in claims if not _is_about_key(credential, path))


def asks_for_assurance(query: Query) -> bool:
    return any(_is_about_key(credential, claim.path) for credential in query.credentials for claim in credential.claims)


def _is_about_key(query: CredentialQuery, path: ClaimPath) -> bool:
    return query.format != MDOC and path[0] == KEY_ASSURANCE


def named(query: CredentialQuery, path: ClaimPath) -> ClaimPath:
    """The claim's path in the claim set that both formats are made from; its own where no document of ours has it."""
    if query.format != MDOC:
        return path
    kind = OF_DOCTYPE.get(query.meta.doctype_value)
    claim = kind.by_element.get(str(path[1])) if kind is not None and path[0] == kind.doctype else None
    return path if claim is None else claim.steps


def find_preset(service: Service, catalogue: Catalogue, paths: frozenset[ClaimPath], *, strong: bool = False) -> Preset:
    """The narrowest preset of the service that covers all of `paths`, of level L3 only where attested keys are asked for or no
    other one covers them. The person's opaque name stands for the pairwise identifier, of each preset but anonymous ones.
    Raises NotAnswered."""
    known = [preset for name in service.presets if (preset := catalogue.preset(name)) is not None]
    presets = [preset for preset in known if preset.is_permissible]
    covering = [preset for preset in presets if paths <= _covered(preset) and (preset.level == STRONG or not strong)]
    if not covering:
        raise NotAnswered("access_denied", "asks for more than any preset of the service allows", OVER_ASKING)
    return min(covering, key=lambda preset: (preset.level == STRONG, len(_covered(preset))))


def split_claims(query: CredentialQuery, answers: Choices) -> tuple[tuple[ClaimPath, ...], tuple[ClaimPath, ...]]:
    """What is required, and what a person may add: the least that suffices of the claim sets in `answers`, the verifier's
    preference among equals, and what is asked for beside it. Another proof of the same is not asked for beside the first."""
    least = min(answers, key=len)
    beside = {claim.path for choice in query.choices for claim in choice if set(least) <= {one.path for one in choice}}
    return least, tuple(claim.path for claim in query.claims if claim.path in beside and claim.path not in least)


def chosen(query: Query, matches: Matches | None, wanted_format: str | None = None) -> tuple[str, ...]:
    """The credential queries to be answered: of each required set the first option that can be, or one in the format wanted;
    where nothing can, the verifier's first."""
    sets = query.sets if matches is None else matches.sets
    return tuple(name for each in sets if each.required for name in _option(query, each.options, wanted_format))


def chosen_beside(query: Query, matches: Matches | None, wanted_format: str | None = None) -> tuple[str, ...]:
    """The credential queries that may be answered as well, if the person likes: of each set that is not required, where it can
    be, an option."""
    sets = matches.sets if matches is not None else ()
    optional = (each.options for each in sets if not each.required and each.options)
    return tuple(name for options in optional for name in _option(query, options, wanted_format))


def _option(query: Query, options: Options, wanted_format: str | None) -> tuple[str, ...]:
    formats = {credential.id: credential.format for credential in query.credentials}
    fitting = (option for option in options if all(formats[name] == wanted_format for name in option))
    return next(fitting, options[0])


def _covered(preset: Preset) -> frozenset[ClaimPath]:
    names = preset.claims if preset.anonymous else (PERSON_ID, *preset.claims)
    return frozenset(tuple(name.split(".")) for name in names)


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


def _consent(service: Service, preset: Preset, query: Query, matches: Matches | None, *, registered: bool) -> ConsentRequest:
    claims: dict[ClaimPath, AskedClaim] = {}
    for name in chosen_beside(query, matches):
        claims.update({claim.path: replace(claim, required=False) for claim in _asked_of(query, name, matches)})
    for name in chosen(query, matches):
        claims.update({claim.path: claim for claim in _asked_of(query, name, matches)})
    hidden = NOT_SHOWN if registered else {KEY_ASSURANCE}
    about_person = tuple(claim for path, claim in claims.items() if path[0] not in hidden)
    names = shown(service.name_ko), shown(service.name_en)
    return ConsentRequest(service, preset, *names, about_person, matches is not None, registered)


def _asked_of(query: Query, name: str, matches: Matches | None) -> list[AskedClaim]:
    credential = query.credential(name)
    if credential is None:
        return []
    return _asked(credential, matches.candidates[name][0] if matches is not None else None)


def _asked(query: CredentialQuery, candidate: Candidate | None) -> list[AskedClaim]:
    held = candidate.held.claims if candidate is not None else {}
    required, optional = split_claims(query, answers_of(query, candidate))
    claims = [AskedClaim(named(query, path), True, _value(query, held, path)) for path in required]
    there = [path for path in optional if candidate is None or find(held, path)]
    return claims + [AskedClaim(named(query, path), False, _value(query, held, path)) for path in there]


def answers_of(query: CredentialQuery, candidate: Candidate | None) -> Choices:
    """The claim sets a held credential satisfies; without one, all there are."""
    if candidate is not None:
        return candidate.choices
    return tuple(tuple(claim.path for claim in choice) for choice in query.choices)


def _value(query: CredentialQuery, claims: Mapping[str, Any], path: ClaimPath) -> Any:
    found = find(claims, path)
    value = found[0] if len(found) == 1 else (found or None)
    if query.format != MDOC or value is None:
        return value
    kind = OF_DOCTYPE.get(query.meta.doctype_value)
    return value if kind is None else next(iter(from_elements(kind, {str(path[1]): value}).values()))


def taken_formats(metadata: Mapping[str, Any]) -> frozenset[str]:
    """Formats of ours that the verifier takes with our algorithm (OpenID4VP 1.0 §11.1, B.2.2, B.3.4). Raises NotAnswered."""
    formats = metadata.get("vp_formats_supported")
    offered = formats if isinstance(formats, dict) else {}
    taken = frozenset(name for name in ALGORITHMS if isinstance(offered.get(name), dict) and _takes_ours(name, offered[name]))
    if not taken:
        raise NotAnswered("vp_formats_not_supported", "the verifier takes no format of ours signed by ES256", UNREADABLE)
    return taken


def _takes_ours(credential_format: str, offered: Mapping[str, Any]) -> bool:
    """A verifier that names no algorithms leaves them to us."""
    names, ours = ALGORITHMS[credential_format]
    return all(name not in offered or _lists(offered[name], ours) for name in names)


def _lists(values: object, ours: frozenset[object]) -> bool:
    return isinstance(values, list) and any(type(value) in {int, str} and value in ours for value in values)


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
