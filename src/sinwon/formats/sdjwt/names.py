"""Names that mean something in an SD-JWT, and the codes of its refusals.

`formats` is spoken inside our process; what goes on a wire is chosen by the protocol that carries the credential.
"""

from collections.abc import Callable, Mapping
from hashlib import sha256, sha384, sha512
from typing import Any, Final

DIGESTS: Final = "_sd"
ALGORITHM: Final = "_sd_alg"
PLACEHOLDER: Final = "..."
RESERVED: Final = frozenset({DIGESTS, ALGORITHM, PLACEHOLDER})
"""No claim may bear these (RFC 9901 §4.2.1, §4.1.1)."""
KEY_ASSURANCE: Final = "key_assurance"
"""Ours, about the key in `cnf` (protocols.attestation.key_assurance)."""
PROTECTED: Final = frozenset({"iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "aka_vcts", "status", KEY_ASSURANCE})
"""Never selectively disclosed, whole or in part (SD-JWT VC §3.2.2.2): a holder could otherwise withhold an expiry."""

SD_JWT_VC: Final = "dc+sd-jwt"
"""The `typ` of an SD-JWT VC, and the name of its format in OpenID4VCI and OpenID4VP."""
KEY_BINDING_TYP: Final = "kb+jwt"
HASH: Final = "sha-256"
"""What we issue with, and what holds where `_sd_alg` says nothing (RFC 9901 §4.1.1; HAIP 1.0 §8)."""
HASHES: Final[Mapping[str, Callable[[bytes], Any]]] = {HASH: sha256, "sha-384": sha384, "sha-512": sha512}
"""What others may issue with. The RFC leaves the list to policy; ours: SHA-2 untruncated, which nobody has broken."""

INVALID: Final = "invalid_credential"
UNTRUSTED_ISSUER: Final = "untrusted_issuer"
NOT_VALID_NOW: Final = "credential_expired"
INVALID_KEY_BINDING: Final = "invalid_key_binding"
