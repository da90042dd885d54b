"""What programs read of us as JSON: rows in, mappings out, the same for every front end.

The keys, their order and their types are promised; ``schema.json`` names them.
"""
