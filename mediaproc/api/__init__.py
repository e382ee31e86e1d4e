"""REST API, Server-Sent Events, health and metrics. The contract for programs."""
