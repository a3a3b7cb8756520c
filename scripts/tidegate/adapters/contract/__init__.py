"""`tidegate.yaml`, read strictly."""
