"""What people take with them: lists and remediation sheets, safe to open in a spreadsheet."""
