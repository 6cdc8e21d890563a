"""The output of commands: reports, JSON documents, logs, exit codes."""
