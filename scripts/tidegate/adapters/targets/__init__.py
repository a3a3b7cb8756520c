"""Places to run releases in; each is a folder with a class that has the methods of `core/deployment/target.py`."""
