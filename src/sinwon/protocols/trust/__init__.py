"""The two signed, sequenced documents everyone pins: the trust list and the catalogue of services and missions."""
