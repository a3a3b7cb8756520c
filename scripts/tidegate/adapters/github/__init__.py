"""GitHub, over github3.py's session."""
