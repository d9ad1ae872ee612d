"""The issuer over HTTP: OpenID4VCI endpoints for wallets, status lists for verifiers, signed requests from our roles."""
