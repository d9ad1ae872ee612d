"""Measurements: always the bare cost of the same cryptography beside ours, in one run, so that the ratio holds anywhere."""
