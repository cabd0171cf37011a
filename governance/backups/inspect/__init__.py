"""One backup looked at where it lies: what it is, how old, whole, right, without restoring it."""
