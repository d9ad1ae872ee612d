"""The wallets of the demonstration as pages, until the phone exists: pick a person, read what is asked, send or not."""
