"""A verifier that is in no catalogue, in the words of the catalogue: its proven name, and a purpose nobody has registered.

Whether a wallet answers strangers at all is its own setting (verifiers). Even then no stranger gets the resident number.
"""

from typing import Final

from sinwon.formats.dcql.query import Query
from sinwon.holder.verifiers import Client
from sinwon.protocols.credential_types import LINKAGE_TYPE
from sinwon.protocols.trust.catalogue import Preset, Service

UNREGISTERED: Final = Preset(
    name="",
    purpose_ko="",
    purpose_en="",
    level="L2",
    retention_ko="",
    retention_en="",
    legal_basis_ko="",
    legal_basis_en="",
)
FOR_REGISTERED_ONLY: Final = frozenset({LINKAGE_TYPE.vct, LINKAGE_TYPE.doctype})


def stranger(client: Client) -> Service:
    """Its id is the client identifier, whose colon no id of the catalogue has."""
    name = client.name or client.id
    return Service(client.id, name, name, "", "", "live", ())


def asks_for_linkage(query: Query) -> bool:
    """Whether any of it is for what leads to the person's records elsewhere: for that a law must be registered."""
    return any(FOR_REGISTERED_ONLY & credential.types for credential in query.credentials)
