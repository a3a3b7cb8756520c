"""A whole GitHub on one machine: bare repositories, the REST API, and the real workflow files run by `act`.

It serves `tidegate simulate`, the demo and the end-to-end tests; no action and no other command imports it.
"""
