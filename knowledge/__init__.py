"""What the municipality has approved: articles, departments, the waste table."""
