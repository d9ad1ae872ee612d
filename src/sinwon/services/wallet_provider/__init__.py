"""The use cases of the wallet provider: registering instances, attesting them and their keys, revoking them."""
