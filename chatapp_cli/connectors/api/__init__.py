"""Any program as a channel: signed webhooks in both directions."""
