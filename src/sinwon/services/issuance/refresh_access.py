"""The token endpoint's second grant: the device of a certificate renews its access, and fetches new copies, without the person.

Each refresh token is renewed once. Whoever lost the answer sends the same token again and, within the grace, is given the very
same successor: however many ask at once, one token follows. After the grace an old token is a copy in strange hands, and the
family ends. Only the device's key gets that far: somebody else's try ends nothing, or a thief could cut the holder off.
"""

from enum import Enum, auto

from sqlalchemy import Connection

from sinwon.core.ids import digest, new_id, new_secret
from sinwon.core.refusal import Refusal, Unmet
from sinwon.protocols.oauth.dpop import TOKEN_TYPE as DPOP
from sinwon.protocols.oauth.dpop import VerifiedDpop
from sinwon.protocols.oauth.errors import INVALID_DPOP_PROOF, INVALID_GRANT
from sinwon.protocols.oauth.grants.refresh_token import RefreshToken, verify_refresh_token, write_refresh_token
from sinwon.protocols.oauth.token_request import TokenResponse
from sinwon.protocols.vci.authorization_details import granted_details
from sinwon.services.authorization.authenticate_client import AuthenticatedClient, check_anonymous, consume_client, whose
from sinwon.services.issuance.bound_tokens import consume_proof
from sinwon.services.issuance.issuer import Issuer
from sinwon.store.audit import Details, Entry
from sinwon.store.engine import writing
from sinwon.store.issuer import devices, offers, refreshes
from sinwon.store.issuer.certificates import LIVING
from sinwon.store.issuer.refreshes import Family, FamilyState, NewFamily, Renewed
from sinwon.store.issuer.tables import AUDIT


class Old(Enum):
    """What an old token of a living family is."""

    LOST_ANSWER = auto()
    """Its successor was given a moment ago and perhaps never arrived."""
    REUSED = auto()


def refresh_access(
    issuer: Issuer, text: str, dpop: VerifiedDpop | None, client: AuthenticatedClient | None = None
) -> TokenResponse:
    """`client` is who the wallet proved to be, where it did. Raises Refusal("invalid_grant" | "invalid_dpop_proof" |
    "invalid_client")."""
    if dpop is None:
        raise Unmet(INVALID_DPOP_PROOF, "a refresh token comes with a proof of its key")
    check_anonymous(issuer, client)
    # 1 a token of ours [RFC 6749 6]
    token = verify_refresh_token(text, issuer.nonce_key, issuer=issuer.origin)
    with writing(issuer.engine) as connection:
        outcome = _refresh(issuer, connection, token, dpop, client, issuer.clock())
    # The end of a family is kept, and the refusal raised after it.
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome


def judge_old(
    token: RefreshToken, family: Family, *, key: str, client: AuthenticatedClient | None = None, now: int, grace: int
) -> Old:
    """What a token means that could not be renewed. Raises Unmet for one that ends nothing."""
    # 3 of the device that asks, as the client and instance it was given to [RFC 9449 5, ABCA 10]
    if family.key != key:
        raise Unmet(INVALID_GRANT, "family is bound to another key")
    if (family.client, family.instance) != whose(client):
        raise Unmet(INVALID_GRANT, "family of another client, or of another instance of it")
    # 4 of a family and a certificate that live [OID4VCI 14.5]
    if family.state is not FamilyState.LIVING:
        raise Unmet(INVALID_GRANT, "family is over")
    if family.certificate_state not in LIVING or now >= family.valid_until:
        raise Unmet(INVALID_GRANT, "certificate is stopped or over")
    # 5 old, and how long [RFC 9700 4.14.2]
    if token.generation >= family.generation:
        raise Unmet(INVALID_GRANT, "family changed at this moment")
    is_previous = token.generation == family.generation - 1
    return Old.LOST_ANSWER if is_previous and now <= family.rotated_at + grace else Old.REUSED


def start_family(
    issuer: Issuer,
    connection: Connection,
    certificate: str,
    configurations: tuple[str, ...],
    key: str,
    now: int,
    *,
    coming: bool = False,
    by_identifier: bool = False,
    client: AuthenticatedClient | None = None,
) -> str:
    """The first refresh token of the device with this key, which the certificate is on from now on, or from its first copies on
    where it is `coming`. It ends with the certificate. Raises Unmet when another device came at the same moment."""
    take = devices.expect_device if coming else devices.replace_device
    if not take(connection, certificate, key, now):
        raise Unmet(INVALID_GRANT, "another device was faster")
    family = NewFamily(new_id(issuer.random), certificate, key, configurations, by_identifier, *whose(client))
    refreshes.start(connection, family, now=now)
    return write_refresh_token(RefreshToken(family.id, 0), issuer.nonce_key, issuer=issuer.origin)


def _refresh(
    issuer: Issuer,
    connection: Connection,
    token: RefreshToken,
    dpop: VerifiedDpop,
    client: AuthenticatedClient | None,
    now: int,
) -> TokenResponse | Refusal:
    consume_proof(connection, dpop)
    consume_client(connection, client)
    # 2 renewed once, by one of those who ask [RFC 9700 4.14.2]
    key, (name, instance) = dpop.thumbprint, whose(client)
    renewed = refreshes.rotate(
        connection, token.family, generation=token.generation, key=key, now=now, client=name, instance=instance
    )
    if renewed is not None:
        return _give(issuer, connection, renewed, token.successor, key, now, "refresh.renewed")
    family = refreshes.find(connection, token.family)
    if family is None:
        raise Unmet(INVALID_GRANT, "family is unknown")
    grace = issuer.settings.refresh_grace
    if judge_old(token, family, key=key, client=client, now=now, grace=grace) is Old.REUSED:
        return _end(connection, token, family, now)
    again = Renewed(family.certificate, family.configurations, family.by_identifier)
    return _give(issuer, connection, again, token.successor, key, now, "refresh.repeated")


def _give(
    issuer: Issuer, connection: Connection, renewed: Renewed, successor: RefreshToken, key: str, now: int, action: str
) -> TokenResponse:
    access_token, lifetime = new_secret(issuer.random), issuer.settings.token_lifetime
    ends = now + lifetime
    named = renewed.by_identifier
    token, configurations = digest(access_token), renewed.configurations
    offers.add_token(connection, token, renewed.certificate, configurations, expires_at=ends, key=key, by_identifier=named)
    AUDIT.write(connection, Entry(now, "applicant", action, renewed.certificate, {"generation": successor.generation}))
    following = write_refresh_token(successor, issuer.nonce_key, issuer=issuer.origin)
    details = granted_details(configurations) if named else ()
    return TokenResponse(access_token, DPOP, lifetime, refresh_token=following, authorization_details=details)


def _end(connection: Connection, token: RefreshToken, family: Family, now: int) -> Refusal:
    if refreshes.end_reused(connection, token.family, family.certificate, family.key):
        details: Details = {"reason": "REFRESH_TOKEN_REUSED", "generation": token.generation, "present": family.generation}
        AUDIT.write(connection, Entry(now, "issuer", "refresh.ended", family.certificate, details))
    return Unmet(INVALID_GRANT, "refresh token was renewed long ago")
