"""One OAuth 2.0 core for the issuer's authorization server and the gateway's OpenID provider; a grant is a file."""
