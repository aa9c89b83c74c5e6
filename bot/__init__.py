"""Question -> answer, question back, or person."""
