"""When a model is to be trained again, and what the pull request that asks for it says."""
