"""The `conformance` profile: all roles on https for a test harness that somebody else wrote. No production serves any of it."""
