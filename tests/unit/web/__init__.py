"""The shared web room: what every role stands behind."""
