"""The port for what a native reader reads from a passport's chip: the other way to another phone, without the old one.

A web page cannot read a chip. Until a native reader does, no deployment has a ChipProof, and whoever asks is told so.
"""

from typing import Final, Protocol

CHIP_PROOF_UNAVAILABLE: Final = "chip_proof_unavailable"


class ChipProof(Protocol):
    def certificate_of(self, evidence: bytes, *, now: int) -> str:
        """The id of the certificate whose holder stands behind the passport that was read and proven genuine (ICAO Doc 9303,
        part 11: passive authentication, and that the chip is no copy). Raises Refusal."""
        ...
