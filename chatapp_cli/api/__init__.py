"""The daemon's face to other programs: webhooks, health and metrics."""
