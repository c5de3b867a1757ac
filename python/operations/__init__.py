"""What people do to a deployed environment: classify a photo, verify, evaluate, clean up."""
