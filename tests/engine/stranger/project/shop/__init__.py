"""A shop: somebody else's application of the engine."""
