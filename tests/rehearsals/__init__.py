"""Rehearsals: long runs of the real program against the providers in miniature, with figures instead of dots.

``make rehearse`` lists them, ``make rehearse NAME`` plays one. A tenth of each is a test marked ``real``.
"""
