"""The daemon's HTTP interface: webhooks, health and metrics."""
