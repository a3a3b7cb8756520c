"""How a release takes over: what an environment allows, what has to be done, and what live traffic says of it."""
