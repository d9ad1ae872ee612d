"""The issuer's database: offers and their codes, certificates and persons, copies and status lists, used-once values."""
