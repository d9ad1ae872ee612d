"""Issuance: from an approved application to single-use copies of a certificate, and what becomes of them."""
