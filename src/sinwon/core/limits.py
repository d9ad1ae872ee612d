"""Bounds that several rooms share. Bounds of one format stand in that format's module."""

from typing import Final

CLOCK_SKEW: Final = 60  # seconds; another party's clock may be off by this much
MAX_JWT: Final = 64 * 1024  # any JWT that is not a credential or a public list
MAX_SD_JWT: Final = 256 * 1024  # a credential with portrait and all disclosures
MAX_FORM: Final = 512 * 1024  # an encrypted response may carry portraits
MAX_FORM_FIELDS: Final = 50
