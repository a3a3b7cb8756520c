"""Releases as processes of this machine behind HAProxy: no daemon to install, no account, no container."""
