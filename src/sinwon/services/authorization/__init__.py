"""The issuer as an authorization server: who wallets are, what they ask for, and what a citizen says to it."""
