"""The protocols' messages: offers, requests, proofs, forms, what roles and registers tell each other."""

from typing import Any, cast

from starlette.requests import Request

from sinwon.core.refusal import Refusal
from sinwon.core.strict_json import convert, parse_json, parse_object
from sinwon.formats.dcql.match import Held, match_query
from sinwon.formats.dcql.query import parse_query
from sinwon.formats.jose.jws import sign_jws, sign_with_chain
from sinwon.holder.powers import Powers
from sinwon.holder.request import check_request, check_times, verify_request
from sinwon.holder.request_link import parse_request_link
from sinwon.keys.jwk import parse_public_jwk
from sinwon.protocols.attestation.key_attestation import check_key_attestation, parse_key_attestation
from sinwon.protocols.oauth.authorization_request import parse_authorization_request
from sinwon.protocols.oauth.client_authentication.secret import parse_client_secret
from sinwon.protocols.oauth.dpop import verify_dpop_proof
from sinwon.protocols.oauth.grants import authorization_code, pre_authorized, refresh_token
from sinwon.protocols.oauth.metadata import parse_metadata
from sinwon.protocols.oauth.token_request import check_grant_type
from sinwon.protocols.roles.messages import AskActive, AskState, Change, MakeOffer, Revoke
from sinwon.protocols.roles.register_events import RegisterNews, check_event
from sinwon.protocols.roles.request import verify_role_request
from sinwon.protocols.vci.credential_request import parse_credential_request
from sinwon.protocols.vci.metadata import parse_issuer_metadata
from sinwon.protocols.vci.notification import parse_notification
from sinwon.protocols.vci.offer import parse_link, parse_offer
from sinwon.protocols.vci.proof import check_proof, parse_proof
from sinwon.protocols.vp.client_identifier import x509_hash
from sinwon.protocols.vp.request_object import parse_wallet_nonce
from sinwon.protocols.vp.response import parse_response
from sinwon.web.shared.reading import query
from tests.fuzz.targets.basics import text_of
from tests.world import GATEWAY, ISSUER, NOW, SeededRandomness, access_signer, key, trust_anchors

HELD = (Held("dc+sd-jwt", frozenset({"urn:x"}), {"a": {"b": [1, "x", {"c": True}]}}),)
WALLET = Powers(cast(Any, None), trust_anchors, cast(Any, None), lambda: NOW, SeededRandomness(), cast(Any, None))
ACCESS = access_signer("gov24")
CONSULATE = {"consulate": parse_public_jwk(key("consulate").public_jwk)}
CLIENT = b"x509_hash:CLIENT"
URL = f"{ISSUER}/credential"


def dcql_query(data: bytes) -> object:
    return match_query(parse_query(parse_json(data)), HELD)


def offer(data: bytes) -> object:
    return parse_offer(data)


def offer_link(data: bytes) -> object:
    return parse_link(text_of(data))


def request_link(data: bytes) -> object:
    return parse_request_link(text_of(data))


def request_object(data: bytes) -> object:
    """The claims, signed as they are by a service with an access certificate, which is another one in each run."""
    client_id = x509_hash(ACCESS.chain[0])
    token = sign_with_chain("oauth-authz-req+jwt", data.replace(CLIENT, client_id.encode()), ACCESS)
    request = verify_request(WALLET, token, client_id=client_id)
    check_times(request.claims, NOW)
    check_request(WALLET, request, fetched_from=GATEWAY)
    return parse_query(request.claims.dcql_query)


def credential_request(data: bytes) -> object:
    return parse_credential_request(data, known=frozenset({"identity"}), batch_size=3)


def key_proof(data: bytes) -> object:
    """The claims, signed as they are by the key in the header."""
    signer = key("holder")
    proof = parse_proof(sign_jws({"typ": "openid4vci-proof+jwt", "jwk": dict(signer.public_jwk)}, data, signer))
    check_proof(proof, issuer=ISSUER, nonce="n", now=NOW)
    return proof


def key_attestation(data: bytes) -> object:
    attestation = parse_key_attestation(sign_jws({"typ": "key-attestation+jwt"}, data, key("attester")))
    check_key_attestation(attestation, nonce="n", now=NOW, must_expire=True)
    return attestation


def dpop(data: bytes) -> object:
    """The claims, signed as they are by the key in the header."""
    signer = key("holder")
    text = sign_jws({"typ": "dpop+jwt", "jwk": dict(signer.public_jwk)}, data, signer)
    return verify_dpop_proof(text, method="POST", uri=URL, now=NOW, access_token=None)


def dpop_header(data: bytes) -> object:
    return verify_dpop_proof(text_of(data), method="POST", uri=URL, now=NOW, access_token="t")


def refresh(data: bytes) -> object:
    return refresh_token.verify_refresh_token(text_of(data), bytes(32), issuer=ISSUER)


def form_of(data: bytes) -> dict[str, str]:
    return query(Request({"type": "http", "query_string": data, "headers": []}))


def token_request(data: bytes) -> object:
    """A form at the token endpoint, whichever grant it is for."""
    form = form_of(data)
    grant = check_grant_type(form, pre_authorized.GRANT_TYPE, authorization_code.GRANT_TYPE, refresh_token.GRANT_TYPE)
    if grant == refresh_token.GRANT_TYPE:
        return refresh_token.parse_refresh_request(form)
    if grant == pre_authorized.GRANT_TYPE:
        request = pre_authorized.parse_request(form)
        pre_authorized.check_tx_code_sent(request, asked=True)
        return request
    given = authorization_code.GivenCode("c", "https://r.example", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", NOW + 1)
    code = authorization_code.parse_code_request(form)
    authorization_code.check_code_request(code, given, client_id="c", now=NOW)
    return code


def client_secret(data: bytes) -> object:
    return parse_client_secret(text_of(data), {})


def authorization_request(data: bytes) -> object:
    return parse_authorization_request(form_of(data))


def wallet_form(data: bytes) -> object:
    """What a wallet posts: an answer, or the nonce of its own."""
    form = form_of(data)
    parse_wallet_nonce(form)
    return parse_response(form)


def metadata(data: bytes) -> object:
    """Two documents of an issuer, which a wallet reads."""
    try:
        return parse_issuer_metadata(data, issuer=ISSUER)
    except Refusal:
        return parse_metadata(data, issuer=ISSUER)


def notification(data: bytes) -> object:
    return parse_notification(data)


def role_request(data: bytes) -> object:
    """The claims, signed as they are by the consulate."""
    token = sign_jws({"typ": "sinwon-role-request+jwt", "kid": "consulate"}, data, key("consulate"))
    verified = verify_role_request(token, action="make_offer", audience=ISSUER, keys=CONSULATE, now=NOW)
    return verified.message(MakeOffer)


def role_bodies(data: bytes) -> object:
    """A body as each of the messages; the first that it is."""
    body = parse_object(data)
    for shape in (MakeOffer, Revoke, Change, AskActive):
        try:
            return convert(body, shape)
        except Refusal:
            continue
    return convert(body, AskState)


def register_events(data: bytes) -> object:
    news = convert(parse_object(data), RegisterNews)
    for event in news.events:
        check_event(event, "passport")
    return news


TARGETS = {
    "dcql_query": dcql_query,
    "offer": offer,
    "offer_link": offer_link,
    "request_link": request_link,
    "request_object": request_object,
    "credential_request": credential_request,
    "key_proof": key_proof,
    "key_attestation": key_attestation,
    "dpop": dpop,
    "dpop_header": dpop_header,
    "refresh_token": refresh,
    "token_request": token_request,
    "client_secret": client_secret,
    "authorization_request": authorization_request,
    "wallet_form": wallet_form,
    "metadata": metadata,
    "notification": notification,
    "role_request": role_request,
    "role_bodies": role_bodies,
    "register_events": register_events,
}
