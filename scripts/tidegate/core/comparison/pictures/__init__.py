"""Numbers that pictures are drawn from; none of them decides."""
