"""Every reason that a check can give, read from the code: the literal of each Refusal, its filled-in parts as `{}`."""

import ast
from pathlib import Path

import sinwon

ROOT = Path(sinwon.__file__).parent
REFUSALS = {"Malformed", "Unmet", "Untrusted"}
ROOMS = (
    "core/base64url.py",
    "core/cbor.py",
    "core/strict_json.py",
    "keys/jwk.py",
    "keys/x509.py",
    "formats/jose/jws.py",
    "formats/cose",
    "formats/mdoc/device_auth.py",
    "formats/mdoc/device_response.py",
    "formats/mdoc/issuer_signed.py",
    "formats/mdoc/mso.py",
    "formats/mdoc/verify.py",
    "formats/sdjwt/disclosures.py",
    "formats/sdjwt/json_form.py",
    "formats/sdjwt/key_binding.py",
    "formats/sdjwt/parse.py",
    "formats/sdjwt/vc.py",
    "formats/status",
    "protocols/trust/signed.py",
    "protocols/trust/trust_list.py",
    "protocols/trust/status_lists.py",
    "cli/verify",
    "cli/inspect",
)


def reasons() -> set[str]:
    files = [file for room in ROOMS for file in (sorted((ROOT / room).rglob("*.py")) or [ROOT / room])]
    trees = (ast.parse(file.read_text()) for file in files)
    calls = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call))
    refusing = (call for call in calls if isinstance(call.func, ast.Name) and call.func.id in REFUSALS and len(call.args) == 2)
    return {text for call in refusing for text in texts_of(call.args[1])}


def texts_of(node: ast.expr) -> set[str]:
    if isinstance(node, ast.Constant):
        return {str(node.value)}
    if isinstance(node, ast.IfExp):
        return texts_of(node.body) | texts_of(node.orelse)
    if isinstance(node, ast.JoinedStr):
        return {"".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)}
    return set()
