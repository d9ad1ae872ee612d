"""Revisions of the consulate role's database."""
