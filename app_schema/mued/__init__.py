"""MUED: music lessons, practice journals, an assistant that remembers. An application of the engine."""
