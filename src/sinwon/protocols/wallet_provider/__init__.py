"""How a wallet speaks to its provider: signed requests of one instance, and what it is told."""
