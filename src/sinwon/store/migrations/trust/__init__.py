"""Revisions of the trust role's database."""
