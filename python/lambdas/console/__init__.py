"""The console: two pages that the API's function serves, arrivals and review, and what belongs to them."""
