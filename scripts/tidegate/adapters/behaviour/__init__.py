"""Behavioural tests: pytest in the model's environment, told to us line by line."""
