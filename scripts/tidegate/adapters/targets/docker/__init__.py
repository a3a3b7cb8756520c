"""The target `docker`: releases as containers of a Docker Engine, behind HAProxy."""
