"""Revisions of the issuer role's database."""
