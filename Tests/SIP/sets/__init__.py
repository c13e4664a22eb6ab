"""The tests, by who is at the other end of the line."""
