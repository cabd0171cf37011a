"""`duiqi compare`: two files or tables, held against each other by key, without any set-up."""
