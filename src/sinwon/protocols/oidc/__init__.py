"""OpenID Connect Core 1.0, provider side, over the OAuth core."""
