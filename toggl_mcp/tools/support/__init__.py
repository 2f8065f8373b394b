"""The machinery of every tool; it knows no resource."""
