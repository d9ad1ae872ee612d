"""Revisions of the gateway role's database."""
