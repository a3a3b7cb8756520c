"""Live data read once, at the speed of the disk, into counts: the embedded engine of drift detection."""
