"""The command line: one module per noun, one short function per verb."""
