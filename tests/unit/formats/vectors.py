"""Reading the vectors of a specification."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

VECTORS = Path(__file__).parents[2] / "vectors"


def load(name: str) -> Any:
    return json.loads((VECTORS / name).read_text())


def named(name: str) -> dict[str, Any]:
    """The vectors of a file by their names."""
    return {vector["name"]: vector for vector in load(name)["vectors"]}


def outside(name: str) -> Any:
    """A vector file whose licence does not let it lie here: from the folder in SINWON_VECTORS, else the test is skipped."""
    folder = os.environ.get("SINWON_VECTORS")
    if not folder:
        pytest.skip(f"SINWON_VECTORS is not set: {name} has no licence to be copied")
    return json.loads((Path(folder) / name).read_text())
