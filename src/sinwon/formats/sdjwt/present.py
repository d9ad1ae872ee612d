"""What a holder does with a credential: choose what to show, and bind it to the one who asked (RFC 9901 §7.2).

Owns the choice of disclosures for claim paths, parents included, and the KB-JWT. Asks nobody's consent: the caller has.
"""

from collections.abc import Iterable

from sinwon.core.limits import MAX_SD_JWT
from sinwon.core.refusal import Unmet
from sinwon.formats.dcql.path import ClaimPath, find
from sinwon.formats.jose.jws import parse_jws, sign_jws
from sinwon.formats.sdjwt.disclosures import Path, hash_of, locate, process
from sinwon.formats.sdjwt.key_binding import sd_hash
from sinwon.formats.sdjwt.names import INVALID, KEY_BINDING_TYP
from sinwon.formats.sdjwt.parse import SdJwt
from sinwon.keys.signer import Signer


def select(sd_jwt: SdJwt, paths: Iterable[ClaimPath]) -> str:
    """`sd_jwt` with only the disclosures that `paths` need: those above each path and, where it ends at an object or
    array, all below it. Raises Unmet for a path the credential does not have."""
    wanted = tuple(paths)
    claims = process(sd_jwt)
    if not all(find(claims, path) for path in wanted):
        raise Unmet(INVALID, "the credential lacks a claim to be shown")
    kept = {disclosure.text for place, disclosure in locate(sd_jwt) if any(_on_one_line(place, path) for path in wanted)}
    texts = (disclosure.text for disclosure in sd_jwt.disclosures if disclosure.text in kept)
    return "~".join([sd_jwt.issuer_signed.raw, *texts, ""])


def bind_key(presentation: str, *, audience: str, nonce: str, now: int, signer: Signer) -> str:
    """`presentation`, which ends with a tilde, with the holder's KB-JWT appended."""
    issuer_signed = parse_jws(presentation[: presentation.index("~")], limit=MAX_SD_JWT)
    algorithm = hash_of(issuer_signed.claims(limit=MAX_SD_JWT))
    claims = {"iat": now, "aud": audience, "nonce": nonce, "sd_hash": sd_hash(presentation, algorithm)}
    return presentation + sign_jws({"typ": KEY_BINDING_TYP}, claims, signer)


def _on_one_line(place: Path, path: ClaimPath) -> bool:
    """Whether one of the two leads to the other."""
    return all(
        (part is None and isinstance(step, int)) or (part == step and type(part) is type(step))
        for step, part in zip(place, path, strict=False)
    )
