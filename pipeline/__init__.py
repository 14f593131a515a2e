"""From image bytes to batches of jobs: store, inspection, dedupe, policy, queue."""
