"""The pages of the reference that MUED has beside the engine's."""
