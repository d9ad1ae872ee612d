"""Bytes to frozen values and back, one folder per format. Pure: no clock, no network, no storage."""
