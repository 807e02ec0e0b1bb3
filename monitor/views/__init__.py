"""What a page or the API asks, as values."""
