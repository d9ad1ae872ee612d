"""Credential identifiers (OpenID4VCI 1.0 §6.2): what a token response calls the credentials of a configuration.

There is one data set for each configuration and token, so one identifier, made of the configuration's name: it need not be
kept, and says nothing about the person.
"""

from typing import Final

SUFFIX: Final = ".1"


def credential_identifier(configuration: str) -> str:
    return configuration + SUFFIX


def configuration_of(identifier: str) -> str | None:
    """The configuration that an identifier is of; None for what cannot be one of ours."""
    return identifier.removesuffix(SUFFIX) if identifier.endswith(SUFFIX) else None
