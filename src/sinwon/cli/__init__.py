"""The command line: configuration, wiring, serving. Only here and in the demo are the clock and the environment read."""
