"""What a process shares: logs, scratch folders, streams, deadline and clock."""
