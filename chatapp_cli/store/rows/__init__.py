"""Rows of the named statements: a type per query with its columns in order, a module per noun.

Named tuples, because every command creates these classes at its start, and frozen dataclasses take six times as long.
Annotations are not strings (``from __future__``), because compiling those takes four times as long.
"""
