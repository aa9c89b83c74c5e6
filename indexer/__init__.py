"""Approved articles -> a searchable, versioned index."""
