"""Selective disclosure: SD-JWT (RFC 9901) and SD-JWT VC (draft-ietf-oauth-sd-jwt-vc-13); JSON forms for others."""
