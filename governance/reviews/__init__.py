"""Review campaigns: people look at grants again, and later runs prove what came of it."""
