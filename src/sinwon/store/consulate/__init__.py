"""The consulate's database: applications, phone proofs, officers, and its audit trail."""
