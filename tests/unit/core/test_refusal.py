"""The drawing in the module is the tree of classes."""

from re import findall

import pytest

from sinwon.core import refusal
from sinwon.core.refusal import Fault, Malformed, Refusal, Unmet, Untrusted


def test_the_drawing_is_the_tree() -> None:
    drawn = set(findall(r"^[├└]── (\w+)", refusal.__doc__ or "", flags=8))
    here = {kind.__name__ for kind in Refusal.__subclasses__() if kind.__module__ == refusal.__name__}
    assert drawn == here == {"Malformed", "Unmet", "Untrusted"}
    assert not issubclass(Fault, Refusal)


@pytest.mark.parametrize("kind", [Refusal, Malformed, Unmet, Untrusted])
def test_coded_keeps_the_kind_and_the_reason(kind: type[Refusal]) -> None:
    other = kind("inner", "why").coded("outer")
    assert type(other) is kind
    assert (other.code, other.why) == ("outer", "inner: why")
    assert kind("same", "why").coded("same").why == "why"
    assert str(other) == "outer: inner: why"
