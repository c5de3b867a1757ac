"""What the API's function does for each of its routes; `api_routes` has the table."""
