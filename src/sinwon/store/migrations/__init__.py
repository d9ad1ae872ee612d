"""Revisions, one folder per role."""
