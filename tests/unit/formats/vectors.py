"""Reading the vectors of a specification."""

import json
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).parents[2] / "vectors"


def load(name: str) -> Any:
    return json.loads((VECTORS / name).read_text())


def named(name: str) -> dict[str, Any]:
    """The vectors of a file by their names."""
    return {vector["name"]: vector for vector in load(name)["vectors"]}
