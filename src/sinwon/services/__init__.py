"""Use cases: a decision between one read and one conditional write. Plain synchronous Python."""
