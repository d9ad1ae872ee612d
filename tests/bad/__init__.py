"""Hostile input, one test per row of the threat catalogue, each with a control that passes."""
