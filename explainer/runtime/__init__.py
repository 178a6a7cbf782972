"""Scheduling, cancellation, memo and the session file."""
