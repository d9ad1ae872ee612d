"""What can go wrong, and who is to blame.

Refusal(code, why)      the other side: `code` goes on the wire, `why` to the log
├── Malformed           not the shape (parse_x)
├── Unmet               a rule is not met (check_x)
└── Untrusted           signature, chain, status (verify_x)
Fault                   ours: a 500 and an alarm, never a Refusal

`why` names the fault and never a person's data; it is still not sent to strangers. `web` alone chooses the HTTP status.
"""


class Refusal(Exception):
    """The other side's input is refused. `code` is from the protocol's list of error codes, `why` is for the log."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(code, why)
        self.code = code
        self.why = why

    def __str__(self) -> str:
        return f"{self.code}: {self.why}"

    def coded(self, code: str) -> "Refusal":
        """The same refusal under another protocol's code."""
        return type(self)(code, f"{self.code}: {self.why}" if self.code != code else self.why)


class Malformed(Refusal):
    """Not the shape: raised by parse_x."""


class Unmet(Refusal):
    """A rule is not met: raised by check_x and by use cases."""


class Untrusted(Refusal):
    """A signature, chain or status does not hold: raised by verify_x."""


class Fault(Exception):
    """Ours: a configuration or a dependency is broken. Never the caller's doing."""
