"""What a vendor publishes about the covered operations, and which rows assert it."""
