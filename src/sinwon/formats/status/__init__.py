"""Token Status List (draft-ietf-oauth-status-list-14): one signed, compressed array says which credentials still hold."""
