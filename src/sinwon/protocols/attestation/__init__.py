"""What a wallet provider says of the keys of its wallets, and what of it a credential goes on saying."""
