"""Rules and messages of each specification, one folder each. Pure: time, randomness, keys and anchors are arguments."""
