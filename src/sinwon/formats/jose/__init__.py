"""JOSE: compact JWS with ES256 (ours, the hot path) and JWE with ECDH-ES (joserfc behind one door)."""
