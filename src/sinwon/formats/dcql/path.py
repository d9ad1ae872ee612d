"""Claims path pointers (OpenID4VP 1.0 §7.1): names, array positions, and null for every element."""

from typing import Any

ClaimPath = tuple[str | int | None, ...]


def find(claims: object, path: ClaimPath) -> list[Any]:
    """What `path` selects in `claims`. Empty when it selects nothing or meets another type than it says."""
    selected: list[Any] = [claims]
    for part in path:
        steps = [_step(value, part) for value in selected]
        if None in steps:
            return []
        selected = [value for values in steps if values is not None for value in values]
    return selected


def find_shown(claims: object, path: ClaimPath) -> list[Any]:
    """As find, in the claims of a presentation. A position is one in the whole credential, and the wallet must not show what
    else is in the array (§6.4): what it withheld before an element moves it forward, so any up to the position may be it."""
    for at, part in enumerate(path):
        if isinstance(part, int):
            arrays = [value[: part + 1] for value in find(claims, path[:at]) if isinstance(value, list)]
            return [value for array in arrays for element in array for value in find_shown(element, path[at + 1 :])]
    return find(claims, path)


def _step(value: object, part: str | int | None) -> list[Any] | None:
    """The next values under one value; None when `value` is not of the type the part needs."""
    if isinstance(part, str):
        return ([value[part]] if part in value else []) if isinstance(value, dict) else None
    if not isinstance(value, list):
        return None
    if part is None:
        return value
    return value[part : part + 1]
