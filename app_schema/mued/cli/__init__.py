"""The commands of MUED, added to those of the engine."""
