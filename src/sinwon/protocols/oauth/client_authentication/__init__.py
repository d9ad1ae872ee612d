"""How a client says who it is, one module per method (RFC 6749 §2.3)."""
