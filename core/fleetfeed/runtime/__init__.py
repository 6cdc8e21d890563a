"""Services of the process: logs, scratch folders, stdout, deadline and clock."""
