"""The query (OpenID4VP 1.0 §6): what a verifier asks for, bounded and consistent in itself.

Owns the shape. Unknown properties are ignored and empty arrays refused, as the specification asks. Whether a service may
ask for these claims is policy, not shape.
"""

from collections.abc import Sequence
from typing import Annotated, Final

from msgspec import Meta, Struct, field

from sinwon.core.refusal import Malformed
from sinwon.core.strict_json import convert
from sinwon.formats.dcql.path import ClaimPath
from sinwon.formats.mdoc.names import MDOC
from sinwon.formats.sdjwt.names import SD_JWT_VC

INVALID: Final = "invalid_request"
AKI: Final = "aki"
"""The kind of authority that is known by its key's identifier."""

MAX_CREDENTIALS: Final = 16  # matching is queries × held credentials × claims: bounded before it starts
MAX_CLAIMS: Final = 64
MAX_SETS: Final = 16  # claim sets of one credential, credential sets, options of one
MAX_VALUES: Final = 64
MAX_PATH: Final = 16  # JSON is not nested deeper
MAX_TEXT: Final = 1024

Text = Annotated[str, Meta(min_length=1, max_length=MAX_TEXT)]
Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]+\Z", max_length=MAX_TEXT)]
Position = Annotated[int, Meta(ge=0)]
Value = str | int | bool
Ids = Annotated[tuple[Id, ...], Meta(min_length=1, max_length=MAX_CLAIMS)]


class TypeMeta(Struct, frozen=True):
    """Which types of a format are meant."""

    vct_values: Annotated[tuple[Text, ...], Meta(min_length=1, max_length=MAX_VALUES)] = ()
    doctype_value: str = ""


class Authorities(Struct, frozen=True):
    """A hint which trust frameworks the verifier accepts."""

    type: Text
    values: Annotated[tuple[Text, ...], Meta(min_length=1, max_length=MAX_VALUES)]


class ClaimQuery(Struct, frozen=True):
    path: Annotated[tuple[str | Position | None, ...], Meta(min_length=1, max_length=MAX_PATH)]
    id: Id | None = None
    values: Annotated[tuple[Value, ...], Meta(min_length=1, max_length=MAX_VALUES)] = ()
    intent_to_retain: bool = False
    """Of an element of an mdoc: whether it will be kept."""


class CredentialQuery(Struct, frozen=True):
    id: Id
    format: Text
    meta: TypeMeta
    multiple: bool = False
    require_holder_binding: bool = field(name="require_cryptographic_holder_binding", default=True)
    trusted_authorities: Annotated[tuple[Authorities, ...], Meta(min_length=1, max_length=MAX_VALUES)] = ()
    claims: Annotated[tuple[ClaimQuery, ...], Meta(min_length=1, max_length=MAX_CLAIMS)] = ()
    claim_sets: Annotated[tuple[Ids, ...], Meta(min_length=1, max_length=MAX_SETS)] = ()

    @property
    def vct_values(self) -> tuple[str, ...]:
        return self.meta.vct_values

    @property
    def types(self) -> frozenset[str]:
        """The `vct`s or the document type that answer this query."""
        return frozenset(self.meta.vct_values if self.format == SD_JWT_VC else (self.meta.doctype_value,))

    @property
    def choices(self) -> tuple[tuple[ClaimQuery, ...], ...]:
        """The sets of claims that each answer this query, the verifier's preference first."""
        if not self.claim_sets:
            return (self.claims,)
        by_id = {claim.id: claim for claim in self.claims}
        return tuple(tuple(by_id[name] for name in names) for names in self.claim_sets)


class CredentialSet(Struct, frozen=True):
    options: Annotated[tuple[Ids, ...], Meta(min_length=1, max_length=MAX_SETS)]
    required: bool = True


class Query(Struct, frozen=True):
    credentials: Annotated[tuple[CredentialQuery, ...], Meta(min_length=1, max_length=MAX_CREDENTIALS)]
    credential_sets: Annotated[tuple[CredentialSet, ...], Meta(min_length=1, max_length=MAX_SETS)] = ()

    @property
    def sets(self) -> tuple[CredentialSet, ...]:
        """The credential sets; without any, all credentials together (§6.4.2)."""
        return self.credential_sets or (CredentialSet((tuple(query.id for query in self.credentials),)),)

    def credential(self, name: str) -> CredentialQuery | None:
        return next((query for query in self.credentials if query.id == name), None)


def parse_query(value: object) -> Query:
    """Plain values of a strict JSON document as a query. Raises Malformed."""
    query = convert(value, Query)
    ids = _unique([credential.id for credential in query.credentials], "two credential queries of one id")
    for credential in query.credentials:
        _check_credential(credential)
    for credential_set in query.credential_sets:
        _check_options(credential_set.options, ids)
    return query


def _check_credential(query: CredentialQuery) -> None:
    _check_type(query)
    _unique([_typed(claim.path) for claim in query.claims], "one claim asked for twice")
    ids = _unique([claim.id for claim in query.claims if claim.id is not None], "two claims of one id")
    if query.claim_sets and len(ids) != len(query.claims):
        raise Malformed(INVALID, "claim sets need an id for every claim")
    _check_options(query.claim_sets, ids)


def _check_type(query: CredentialQuery) -> None:
    if query.format == SD_JWT_VC and not query.meta.vct_values:
        raise Malformed(INVALID, "no vct_values")
    if query.format == MDOC and not query.meta.doctype_value:
        raise Malformed(INVALID, "no doctype_value")
    if query.format == MDOC and not all(_is_element(claim.path) for claim in query.claims):
        raise Malformed(INVALID, "an mdoc claim is a namespace and an element")


def _check_options(options: Sequence[Sequence[str]], ids: frozenset[object]) -> None:
    _unique([frozenset(option) for option in options], "one option twice")
    for option in options:
        _unique(option, "one id twice in an option")
        if not ids.issuperset(option):
            raise Malformed(INVALID, "an option refers to an unknown id")


def _unique(names: Sequence[object], why: str) -> frozenset[object]:
    found = frozenset(names)
    if len(found) != len(names):
        raise Malformed(INVALID, why)
    return found


def _typed(path: ClaimPath) -> tuple[object, ...]:
    return tuple((type(part), part) for part in path)


def _is_element(path: ClaimPath) -> bool:
    return len(path) == 2 and all(isinstance(part, str) for part in path)
