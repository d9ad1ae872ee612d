"""The operator's use cases over missions, services and trust anchors: import, open, start, list, publish."""
