"""The steps of the pipeline: each is step(turn, services) -> Turn, and touches neither Flask, database nor environment."""
