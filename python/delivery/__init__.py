"""How a change goes live: a plan is made, read by people, and applied only if it is still the plan that they read."""
