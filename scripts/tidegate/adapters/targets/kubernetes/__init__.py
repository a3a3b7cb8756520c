"""Releases on a Kubernetes cluster: a Deployment each, and a Gateway API route that divides the requests."""
