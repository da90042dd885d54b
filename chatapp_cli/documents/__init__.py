"""The JSON documents for programs: rows in, mappings out, the same for every front end.

Their keys, order and types are stable; ``schema.json`` describes them.
"""
