"""What is inside a dump, read as a stream without a server."""
