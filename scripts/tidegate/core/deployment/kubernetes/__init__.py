"""What a release is on a cluster: its objects, how requests are shared, and what its pods complain of."""
