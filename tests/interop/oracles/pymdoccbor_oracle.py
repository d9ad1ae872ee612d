"""pymdoccbor behind lines of JSON, in the environment of the oracles: it knows issuing and the issuer's part of verifying.

Its clock is the machine's. It knows neither device authentication nor validity.
"""

import json
import sys
from base64 import urlsafe_b64decode, urlsafe_b64encode
from importlib import import_module
from logging import disable
from time import process_time_ns
from typing import Any

import cbor2
from cryptography.x509 import load_der_x509_certificate

issuer: Any = import_module("pymdoccbor.mdoc.issuer")
verifier: Any = import_module("pymdoccbor.mdoc.verifier")


class Refused(Exception):
    """pymdoccbor does not accept it."""


def issue(*, doctype: str, claims: Any, key: Any, certificate: str, device: Any, validity: Any) -> str:
    """A DeviceResponse without a device, as pymdoccbor makes it."""
    made = issuer.MdocCborIssuer(private_key=_key(key), alg="ES256")
    made.new(
        data=_values(claims), doctype=doctype, validity=validity, devicekeyinfo=_key(device), x509_chain=[_bytes(certificate)]
    )
    return _text(made.dump())


def verify(*, response: str, roots: list[str]) -> Any:
    read = verifier.MdocCbor()
    read.loads(_bytes(response))
    if not read.verify([load_der_x509_certificate(_bytes(root)) for root in roots]):
        raise Refused("a document it does not believe")
    return _plain(read.disclosure_map)


def prepare_issue(*, doctype: str, claims: Any, key: Any, certificate: str, device: Any, validity: Any) -> None:
    """The same, to be timed, with everything read before."""
    made = issuer.MdocCborIssuer(private_key=_key(key), alg="ES256")
    known = {"data": _values(claims), "doctype": doctype, "validity": validity, "devicekeyinfo": _key(device)}
    chain = [_bytes(certificate)]
    PREPARED["mdoc.issue"] = lambda: made.new(**known, x509_chain=chain) and made.dump()


def prepare_verify(*, response: str) -> None:
    """Signature and digests; the chain is not looked at, which is cheaper."""
    data = _bytes(response)

    def work() -> None:
        read = verifier.MdocCbor()
        read.loads(data)
        assert read.verify()

    PREPARED["mdoc.verify"] = work


def run(*, name: str, calls: int) -> float:
    """CPU microseconds per call."""
    work = PREPARED[name]
    began = process_time_ns()
    for _ in range(calls):
        work()
    return (process_time_ns() - began) / calls / 1000


def _key(jwk: dict[str, str]) -> dict[str, Any]:
    named = {"KTY": "EC2", "CURVE": "P_256", "ALG": "ES256", "X": _bytes(jwk["x"]), "Y": _bytes(jwk["y"])}
    return {**named, "D": _bytes(jwk["d"])} if "d" in jwk else named


def _values(value: Any) -> Any:
    """{bytes} stands for what JSON cannot say; dates it tags itself, by name."""
    if isinstance(value, dict):
        return _bytes(value["bytes"]) if value.keys() == {"bytes"} else {name: _values(one) for name, one in value.items()}
    return [_values(one) for one in value] if isinstance(value, list) else value


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"bytes": _text(value)}
    if isinstance(value, cbor2.CBORTag):
        return _plain(value.value)
    if hasattr(value, "items"):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value if isinstance(value, str | int | float | None) else str(value)


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


WORKS: dict[str, Any] = {
    "mdoc.issue": issue,
    "mdoc.verify": verify,
    "timing.prepare_issue": prepare_issue,
    "timing.prepare_verify": prepare_verify,
    "timing.run": run,
}
PREPARED: dict[str, Any] = {}


def _answer(asked: dict[str, Any]) -> dict[str, Any]:
    if asked["work"] not in WORKS:
        return {"unknown": asked["work"]}
    try:
        return {"value": WORKS[asked["work"]](**asked["given"])}
    except Exception as error:  # noqa: BLE001 (whatever it raises is its refusal)
        return {"refused": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    disable()  # what it logs goes nowhere, and costs it nothing
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_answer(json.loads(line))) + "\n")
        sys.stdout.flush()
