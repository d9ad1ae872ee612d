"""Keys, certificates and trust anchors. Empty on purpose: importing `sinwon.keys` must not pull in any key store."""
