"""The gateway over HTTP: provider for services, verifier for wallets, pages for people."""
