"""The release folder: what it holds, what its signature says, and the check before anything of it is used."""
