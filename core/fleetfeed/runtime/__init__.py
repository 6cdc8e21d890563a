"""What a process shares: logs, scratch folder, streams and clock."""
