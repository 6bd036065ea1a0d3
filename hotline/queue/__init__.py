"""The one queue: what waits for an agent, who is offered it, and what every agent is doing."""
