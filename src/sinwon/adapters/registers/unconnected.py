"""Registers that nobody has connected yet: they answer nothing, so that nothing is ever issued on invented records.

What a deployment outside the demo profile has until adapters for the real registers are wired. Applications wait.
"""

from typing import NoReturn

from sinwon.services.enrolment.registers import Registers, RegisterUnavailable


class Unconnected:
    """Any of the three registers."""

    def find(self, _sought: object) -> NoReturn:
        raise RegisterUnavailable("no register is connected")

    def portrait(self, _number: str) -> NoReturn:
        raise RegisterUnavailable("no register is connected")


def unconnected_registers() -> Registers:
    nobody = Unconnected()
    return Registers(nobody, nobody, nobody)
