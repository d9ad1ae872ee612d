"""OpenID4VCI 1.0: issuing credentials."""
