"""Names, algorithms and limits of an mdoc, and the codes of its refusals: the same words as for the other format.

`formats` is spoken inside our process; what goes on a wire is chosen by the protocol that carries the credential.
"""

from collections.abc import Callable
from hashlib import sha256, sha384, sha512
from typing import Any, Final

MDOC: Final = "mso_mdoc"
"""The name of the format in OpenID4VCI and OpenID4VP."""
VERSION: Final = "1.0"
SHA_256: Final = "SHA-256"
HASHES: Final[dict[object, Callable[[bytes], Any]]] = {SHA_256: sha256, "SHA-384": sha384, "SHA-512": sha512}
"""Nothing else may digest an element (ISO/IEC 18013-5 §9.1.2.5)."""

MIN_RANDOM: Final = 16  # bytes beside each element (ISO/IEC 18013-5 §9.1.2.5)
MAX_MDOC: Final = 2 * 1024 * 1024  # a device response with a portrait
MAX_DOCUMENTS: Final = 16  # HAIP asks for one document in a response
DOCUMENT_SIGNER: Final = frozenset({"1.0.18013.5.1.2", "1.0.23220.4.1.2"})
"""Extended key usages of those who sign documents: of driving licences, and of any mdoc."""

INVALID: Final = "invalid_credential"
UNTRUSTED_ISSUER: Final = "untrusted_issuer"
NOT_VALID_NOW: Final = "credential_expired"
INVALID_DEVICE_AUTH: Final = "invalid_key_binding"
