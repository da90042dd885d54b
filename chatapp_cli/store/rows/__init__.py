"""What the named statements give back: one shape per question, columns in this order, a module per noun.

Named tuples, because every command makes these classes when it starts: a frozen dataclass costs six times as much.
Their types are named as they are, for each that is only a text (``from __future__``) would be compiled: four times.
"""
