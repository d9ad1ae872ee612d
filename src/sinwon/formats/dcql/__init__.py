"""DCQL, the query language of OpenID4VP 1.0 (§6, §7): asking, matching in the wallet, checking in the verifier."""
