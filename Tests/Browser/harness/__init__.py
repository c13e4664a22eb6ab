"""Real browsers and a real bridge on a network of their own. See ../README.md."""
