"""OpenID4VP 1.0: asking for and checking presentations."""
