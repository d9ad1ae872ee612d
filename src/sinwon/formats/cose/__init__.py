"""COSE (RFC 9052, RFC 9053) as far as mdoc and status lists need it: keys on P-256, one signature, one MAC."""
