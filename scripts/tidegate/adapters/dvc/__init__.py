"""DVC: pointers, pipelines, cache and remote."""
