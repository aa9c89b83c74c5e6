"""How good the answers are: question sets, runs, metrics, benchmarks, and the fitted decision."""
