"""The reference of the models: pages in Markdown, and diagrams as Mermaid, DOT and SVG.

Everything is generated from the metadata, without a database. Diagrams need the extra ``docs``.
"""
