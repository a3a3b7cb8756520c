"""Model versions that may run: what one consists of, how Git names it, and when a merge makes the next one."""
