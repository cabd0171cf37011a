"""Work handed out in numbered batches, against both systems as they are at that moment."""
