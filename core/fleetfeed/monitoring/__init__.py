"""What tells others how feeds do: the judgement of freshness, a webhook, a ping, metrics."""
