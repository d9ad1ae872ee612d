"""Enrolment at a mission: registers, eligibility, the application from submission to offer. One use case per file."""
