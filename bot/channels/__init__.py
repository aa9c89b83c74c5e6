"""Channels: each turns a message into a Question and an Answer into its own format."""
