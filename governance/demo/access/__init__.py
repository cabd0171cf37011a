"""Who works at the demo company, with which accounts, and what they may do and did."""
