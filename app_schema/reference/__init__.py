"""What the models say, for people: a reference in Markdown, and diagrams as Mermaid, DOT and SVG.

Everything here is made from the metadata; nothing asks a database. Diagrams need the extra ``docs``.
"""
