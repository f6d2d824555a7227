"""The commands that MUED has beside the engine's."""
