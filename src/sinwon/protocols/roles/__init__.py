"""How our roles speak to each other: signed requests over HTTP, never through each other's tables."""
