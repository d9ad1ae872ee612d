"""Revisions of the wallet provider's database."""
