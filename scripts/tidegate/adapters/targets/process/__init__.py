"""Releases as processes of this machine behind HAProxy or Envoy: no daemon to install, no account, no container."""
