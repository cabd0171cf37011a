"""What pages and commands show, as frozen values: no drawing, no SQL of their own on sources."""
