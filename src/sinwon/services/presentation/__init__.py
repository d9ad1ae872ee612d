"""Asking a wallet and believing what it shows: use cases of a verifier (OpenID4VP 1.0)."""
