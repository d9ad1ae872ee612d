"""The OpenID Connect provider in front of the verifier: use cases of a sign-in at a service."""
