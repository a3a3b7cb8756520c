"""The candidate against the champion, put together."""
