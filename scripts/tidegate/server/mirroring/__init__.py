"""Copies of requests for a release that is to take over: what it says is compared, and nobody waits for it."""
